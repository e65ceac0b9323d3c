//! A chat model at the table, of which each word is known.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use policy::chat::{
    Answer, CallOutcome, ChatModel, ChatNegotiator, Decision, End, Failure, Hear, Piece, Profile,
    Question, Said, Sampling,
};
use policy::prompt::Style;
use policy::{Boundary, Negotiator};
use rules::syntax::Syntax;
use rules::{Act, Episode, Millis, Role, View};
use testkit::{scenario, usd};

/// What the model does when it is next asked.
enum Turn {
    Answers(&'static str),
    /// Says the first, loses it, then answers.
    Stumbles(&'static str, &'static str),
    Fails(&'static str),
}

struct Parrot {
    turns: VecDeque<Turn>,
    seeds: Arc<Mutex<Vec<u64>>>,
}

#[async_trait]
impl ChatModel for Parrot {
    fn profile(&self) -> Profile {
        Profile {
            name: "parrot".to_owned(),
            style: Style::compact(),
            syntax: Syntax::Lines,
            sampling: Sampling::default(),
            constrained: false,
        }
    }

    async fn say(
        &mut self,
        question: Question<'_>,
        hear: &mut Hear<'_>,
    ) -> Result<Answer, Failure> {
        self.seeds.lock().unwrap().push(question.seed);
        let mut letters = |text: &str| {
            for (at, c) in text.char_indices() {
                hear(Piece::More(&text[at..at + c.len_utf8()]));
            }
        };
        match self.turns.pop_front().expect("it is not asked more often") {
            Turn::Answers(text) => {
                letters(text);
                Ok(answer(text))
            }
            Turn::Stumbles(lost, text) => {
                letters(lost);
                hear(Piece::Anew);
                hear(Piece::More(text));
                Ok(answer(text))
            }
            Turn::Fails(text) => {
                letters(text);
                let (code, sentence) = ("cut".to_owned(), "it was cut".to_owned());
                Err(Failure { code, sentence, cost_microdollars: Some(3) })
            }
        }
    }
}

fn answer(text: &str) -> Answer {
    Answer {
        text: text.to_owned(),
        end: End::Eos,
        prompt_tokens: 7,
        completion_tokens: text.len(),
        tokens: Vec::new(),
        queue_ms: 1,
        first_token_ms: 2,
        total_ms: 3,
        cost_microdollars: Some(5),
    }
}

fn opening() -> View {
    Episode::start(&scenario().build(), Millis(0)).view(Role::Buyer)
}

struct Heard {
    decision: Decision,
    said: Vec<Said>,
    seeds: Vec<u64>,
}

async fn play(turns: Vec<Turn>) -> Heard {
    let (said, seeds) = (Arc::new(Mutex::new(Vec::new())), Arc::default());
    let hear = Arc::clone(&said);
    let parrot = Parrot { turns: turns.into(), seeds: Arc::clone(&seeds) };
    let mut negotiator =
        ChatNegotiator::new(parrot, 5).telling(move |more| hear.lock().unwrap().push(more));
    let decision = negotiator.decide(&opening()).await;
    let said = said.lock().unwrap().clone();
    Heard { decision, said, seeds: seeds.lock().unwrap().clone() }
}

/// What stands before a listener at the end.
fn heard(said: &[Said]) -> String {
    said.iter().fold(String::new(), |heard, said| match said {
        Said::Talk(more) => heard + more,
        Said::Withdrawn => String::new(),
    })
}

const GOOD: &str = "Thought: low first\nTalk: Would $20 do?\nAction: [BUY] $20 (1x home-kitchen_1)";

#[tokio::test]
async fn only_the_talk_is_told_as_it_is_written() {
    let Heard { decision, said, .. } = play(vec![Turn::Answers(GOOD)]).await;
    assert_eq!(decision.mv.expect("a move").act, Act::Offer(usd("20")));
    assert!(said.len() > 5, "piece by piece: {said:?}");
    assert!(!said.contains(&Said::Withdrawn));
    assert_eq!(heard(&said), "Would $20 do?");
    let call = &decision.calls[0];
    assert_eq!((call.prompt_tokens, call.cost_microdollars), (7, Some(5)));
    assert_eq!((call.outcome.clone(), call.output.as_str()), (CallOutcome::Ok, GOOD));
}

#[tokio::test]
async fn what_was_no_move_or_was_lost_is_withdrawn_and_asked_again() {
    let turns = vec![
        Turn::Answers("Talk: I will take it!\nAction: [DEAL] $20 (1x home-kitchen_1)"),
        Turn::Answers("Talk: hm"),
        Turn::Stumbles("Talk: Would $2", GOOD),
    ];
    let Heard { decision, said, seeds } = play(turns).await;
    assert_eq!(decision.mv.expect("a move").act, Act::Offer(usd("20")));
    assert!(!decision.fallback);
    assert_eq!(said.iter().filter(|said| **said == Said::Withdrawn).count(), 3);
    assert_eq!(heard(&said), "Would $20 do?");
    let outcomes: Vec<_> = decision.calls.iter().map(|call| &call.outcome).collect();
    assert!(
        matches!(outcomes[0], CallOutcome::Illegal { code, .. } if code == "nothing_to_accept")
    );
    assert!(matches!(outcomes[1], CallOutcome::Format { code, .. } if code == "no_action"));
    assert_eq!(seeds.len(), 3);
    assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2], "each attempt is another draw");
}

#[tokio::test]
async fn after_its_attempts_it_falls_back_to_what_is_legal() {
    let turns = (0..3).map(|_| Turn::Answers("Talk: hm\n")).collect();
    let Heard { decision, said, .. } = play(turns).await;
    assert!(decision.fallback);
    assert_eq!(decision.mv.expect("a fallback is a move").act, Act::Reject);
    assert_eq!(decision.calls.len(), 3);
    assert_eq!(heard(&said), "");
}

#[tokio::test]
async fn a_failure_is_the_machinerys_and_ends_it() {
    let Heard { decision, said, .. } = play(vec![Turn::Fails("Talk: Would you ta")]).await;
    let fault = decision.mv.expect_err("it failed");
    assert_eq!((fault.boundary, fault.detail.as_str()), (Boundary::Engine, "it was cut"));
    assert_eq!(said.last(), Some(&Said::Withdrawn));
    let call = &decision.calls[0];
    assert_eq!((call.output.as_str(), call.cost_microdollars), ("Talk: Would you ta", Some(3)));
    assert!(matches!(&call.outcome, CallOutcome::Engine { code, .. } if code == "cut"));
}

#[tokio::test]
async fn calls_of_acts_are_kept_until_they_are_taken() {
    let parrot = Parrot { turns: [Turn::Answers(GOOD)].into(), seeds: Arc::default() };
    let mut negotiator = ChatNegotiator::new(parrot, 5);
    negotiator.act(&opening()).await.expect("a move");
    assert_eq!(negotiator.take_calls().len(), 1);
    assert!(negotiator.take_calls().is_empty());
}
