//! The study's file in forms. A field's name is its place in the file, see [`study::edit`].

use leptos::prelude::*;
use rules::reward::RewardSpec;
use study::Question;
use study::edit::Fields;
use study::question::Kind;

use crate::study_desk::StudyPage;

/// Parts of the form by their names in the address.
const PARTS: [(&str, &str); 8] = [
    ("basics", "Basics"),
    ("conditions", "Conditions"),
    ("people", "People and pay"),
    ("texts", "Texts"),
    ("eligibility", "Eligibility"),
    ("quiz", "Quiz"),
    ("survey", "Survey"),
    ("promise", "Preregistration"),
];

const KINDS: [(&str, &str); 4] = [
    ("choice", "one of several answers"),
    ("likert", "a scale (Likert)"),
    ("number", "a whole number"),
    ("words", "free text"),
];

pub fn part(page: &StudyPage, wanted: Option<String>) -> AnyView {
    if page.is_frozen {
        return view! {
            <p class="max-w-prose">"It is frozen since the launch. To change something, begin another study from it: the list of studies has a form for that."</p>
        }
        .into_any();
    }
    let known = PARTS.into_iter().find(|(name, _)| wanted.as_deref() == Some(name));
    let (part, title) = known.unwrap_or(PARTS[0]);
    let form = Form { page, fields: Fields::of(&page.study) };
    let fields = match part {
        "conditions" => form.conditions(),
        "people" => form.people(),
        "texts" => form.texts_of_pages(),
        "eligibility" => form.questions("eligibility", &page.study.eligibility, "Who may take part: each question has right answers. Whoever gives others is screened out."),
        "quiz" => form.quiz(),
        "survey" => form.questions("survey", &page.study.survey, "After the talks. A question with right answers is an attention check."),
        "promise" => form.promise(),
        _ => form.basics(),
    };
    let id = page.card.id;
    let links = PARTS.map(|(name, title)| {
        let here = (name == part).then_some("page");
        let flaws = page.flaws.iter().filter(|flaw| part_of(&flaw.place) == name).count();
        let told = (flaws > 0).then(|| format!(" ({flaws} to mend)"));
        view! { <li><a class="link" href=format!("/studies/{id}?view=build&part={name}") aria-current=here>{title} {told}</a></li> }
    });
    view! {
        <nav aria-label="Parts of the form" class="mb-4"><ul class="flex flex-wrap gap-x-4 gap-y-1">{links.into_iter().collect_view()}</ul></nav>
        <form method="post" action=format!("/studies/{id}/form")>
            <input type="hidden" name="version" value=page.version.to_string()/>
            <input type="hidden" name="part" value=part/>
            <div class="flex flex-wrap items-center justify-between gap-3 mb-4">
                <h2 class="section-title">{title}</h2>
                // The first button of a form is what the key Enter presses.
                {keep()}
            </div>
            {fields}
            <div class="mt-6">{keep()}</div>
        </form>
    }
    .into_any()
}

fn keep() -> AnyView {
    view! { <button class="btn btn-primary" name="do" value="keep">"Keep this version"</button> }
        .into_any()
}

/// Where a field of the file is changed.
pub fn part_of(place: &str) -> &'static str {
    let first = place.split(['.', '[']).next().unwrap_or_default();
    match first {
        "conditions" => "conditions",
        "assignment" | "recruitment" | "pay" | "limits" | "privacy" => "people",
        "consent" | "instructions" | "debrief" => "texts",
        "eligibility" => "eligibility",
        "quiz" => "quiz",
        "survey" => "survey",
        "promise" => "promise",
        _ => "basics",
    }
}

struct Form<'a> {
    page: &'a StudyPage,
    fields: Fields,
}

type Options = Vec<(String, String)>;

fn options(pairs: &[(&str, &str)]) -> Options {
    pairs.iter().map(|(value, told)| ((*value).to_owned(), (*told).to_owned())).collect()
}

impl Form<'_> {
    /// What is wrong with a field.
    fn flaws(&self, place: &str) -> Option<AnyView> {
        let told: Vec<String> = self
            .page
            .flaws
            .iter()
            .filter(|flaw| flaw.place == place)
            .map(|flaw| flaw.sentence.clone())
            .collect();
        (!told.is_empty()).then(|| {
            view! { <p class="field-error" id=format!("{place}-flaw")>{told.join("; ")}</p> }
                .into_any()
        })
    }

    fn described(&self, place: &str) -> Option<String> {
        let flawed = self.page.flaws.iter().any(|flaw| flaw.place == place);
        flawed.then(|| format!("{place}-flaw"))
    }

    fn line(&self, label: &str, place: &str) -> AnyView {
        let (id, described) = (place.to_owned(), self.described(place));
        view! {
            <div>
                <label class="field-label" for=id.clone()>{label.to_owned()}</label>
                <input id=id.clone() name=id class="input w-full" value=self.fields.get(place) aria-invalid=described.is_some().then_some("true") aria-describedby=described/>
                {self.flaws(place)}
            </div>
        }
        .into_any()
    }

    fn number(&self, label: &str, place: &str, least: i64, most: i64) -> AnyView {
        let (id, described) = (place.to_owned(), self.described(place));
        view! {
            <div>
                <label class="field-label" for=id.clone()>{label.to_owned()}</label>
                <input id=id.clone() name=id type="number" required class="input w-full" min=least.to_string() max=most.to_string() value=self.fields.get(place) aria-invalid=described.is_some().then_some("true") aria-describedby=described/>
                {self.flaws(place)}
            </div>
        }
        .into_any()
    }

    fn area(&self, label: &str, place: &str, rows: u32) -> AnyView {
        let (id, described) = (place.to_owned(), self.described(place));
        view! {
            <div>
                <label class="field-label" for=id.clone()>{label.to_owned()}</label>
                <textarea id=id.clone() name=id class="textarea w-full" rows=rows.to_string() aria-invalid=described.is_some().then_some("true") aria-describedby=described>{format!("\n{}", self.fields.get(place))}</textarea>
                {self.flaws(place)}
            </div>
        }
        .into_any()
    }

    fn select(&self, label: &str, place: &str, mut options: Options) -> AnyView {
        let (id, described) = (place.to_owned(), self.described(place));
        let now = self.fields.get(place);
        // What the file says, though it is not there any more.
        if !options.iter().any(|(value, _)| *value == now) {
            options.insert(0, (now.clone(), format!("{now} (not there)")));
        }
        let options = options.into_iter().map(|(value, told)| {
            let selected = value == now;
            view! { <option value=value selected=selected>{told}</option> }
        });
        view! {
            <div>
                <label class="field-label" for=id.clone()>{label.to_owned()}</label>
                <select id=id.clone() name=id class="select w-full" aria-invalid=described.is_some().then_some("true") aria-describedby=described>{options.collect_view()}</select>
                {self.flaws(place)}
            </div>
        }
        .into_any()
    }

    fn check(&self, label: &str, place: &str) -> AnyView {
        let checked = self.fields.get(place) == "true";
        view! {
            <div>
                <input type="hidden" name=place.to_owned() value="false"/>
                <label class="flex items-center gap-2"><input type="checkbox" class="checkbox checkbox-sm" name=place.to_owned() value="true" checked=checked/>{label.to_owned()}</label>
                {self.flaws(place)}
            </div>
        }
        .into_any()
    }

    /// One field for each language of the study.
    fn texts(&self, label: &str, place: &str, rows: u32) -> AnyView {
        let fields = self.page.study.languages.iter().map(|language| {
            let at = format!("{place}.{language}");
            let value = self.fields.get(&at);
            let named = format!("{label} ({language})");
            let lang = language.clone();
            let field = if rows == 1 {
                view! { <input id=at.clone() name=at.clone() lang=lang class="input w-full" value=value/> }.into_any()
            } else {
                view! { <textarea id=at.clone() name=at.clone() lang=lang class="textarea w-full" rows=rows.to_string()>{format!("\n{value}")}</textarea> }.into_any()
            };
            view! { <div><label class="field-label" for=at>{named}</label>{field}</div> }
        });
        view! { <div class="space-y-2">{fields.collect_view()} {self.flaws(place)}</div> }
            .into_any()
    }

    fn basics(&self) -> AnyView {
        view! {
            <div class="panel space-y-3">
                {self.line("Title, for researchers", "title")}
                {self.texts("Name, as participants see it: says nothing of conditions", "name", 1)}
                {self.area("Languages, one in a line: en, de. The first one is offered at first", "languages", 2)}
                {self.select("Design", "design", options(&[("between", "between subjects: everybody meets one condition"), ("within", "within subjects: everybody meets all, in balanced orders")]))}
                {self.number("Negotiations of a participant; within subjects, of each condition", "negotiations", 1, 20)}
            </div>
        }
        .into_any()
    }

    fn opponents(&self) -> Options {
        let names = &self.page.choices.negotiators;
        let across = names.iter().map(|name| (name.clone(), name.clone()));
        let people = [("person".to_owned(), "another participant".to_owned())];
        let stand_ins = names.iter().map(|name| {
            (format!("person/{name}"), format!("another participant; {name} where nobody comes"))
        });
        across.chain(people).chain(stand_ins).collect()
    }

    fn conditions(&self) -> AnyView {
        let same = |names: &[String]| {
            names.iter().map(|name| (name.clone(), name.clone())).collect::<Options>()
        };
        let rewards: Options = RewardSpec::REGISTRY
            .iter()
            .map(|spec| (spec.name().to_owned(), spec.name().to_owned()))
            .collect();
        let entries = self.page.study.conditions.iter().enumerate().map(|(n, condition)| {
            let at = |field: &str| format!("conditions[{n}].{field}");
            view! {
                <fieldset class="panel space-y-3">
                    <legend class="font-semibold">{format!("Condition {}: {}", n + 1, condition.name)}</legend>
                    <div class="field-grid">
                        {self.line("Name", &at("name"))}
                        {self.select("Across the table", &at("opponent"), self.opponents())}
                        {self.select("The participant", &at("role"), options(&[("", "drawn; between people, by who came first"), ("buyer", "buys"), ("seller", "sells")]))}
                        {self.select("Manner of the other side", &at("persona"), same(&self.page.choices.personas))}
                        {self.number("Rounds", &at("rounds"), 1, 20)}
                        {self.select("Pay by the reward", &at("reward"), rewards.clone())}
                        {self.number("Participants for one of the others", &at("weight"), 1, 10)}
                        {self.select("Products", &at("products.split"), options(&[("", "of both splits"), ("train", "of the training split"), ("test", "of the test split")]))}
                    </div>
                    {self.area("Of these categories alone, one in a line", &at("products.categories"), 2)}
                    {self.area("These products alone, by their ids, one in a line", &at("products.ids"), 2)}
                    {self.check("Also products whose cost is above the budget", &at("products.conflicting"))}
                    {moves("conditions", n, self.page.study.conditions.len())}
                </fieldset>
            }
        });
        view! {
            <div class="space-y-4">
                {entries.collect_view()}
                {self.flaws("conditions")}
                <button class="btn" name="do" value="add:conditions">"Add a condition like the last one"</button>
            </div>
        }
        .into_any()
    }

    fn people(&self) -> AnyView {
        let currency = self.page.study.pay.currency.clone();
        let money = |label: &str, place: &str| {
            self.number(&format!("{label}, in cents of {currency}"), place, 0, 1_000_000_000)
        };
        let quotas = self.page.study.recruitment.quotas.iter().enumerate().map(|(n, _)| {
            let at = |field: &str| format!("recruitment.quotas[{n}].{field}");
            view! {
                <fieldset class="mt-3">
                    <legend class="font-medium">{format!("Quota {}", n + 1)}</legend>
                    <div class="field-grid">
                        {self.line("Question of eligibility, by its name", &at("question"))}
                        {self.line("Answer, by its value", &at("answer"))}
                        {self.number("At most so many", &at("most"), 0, 100_000)}
                        <button class="btn btn-sm btn-ghost" name="do" value=format!("remove:recruitment.quotas[{n}]")>{format!("Remove quota {}", n + 1)}</button>
                    </div>
                </fieldset>
            }
        });
        let quotas = quotas.collect_view();
        view! {
            <div class="space-y-4">
                <fieldset class="panel"><legend class="font-semibold">"Recruitment"</legend><div class="field-grid">
                    {self.number("Participants who complete it", "recruitment.completers", 1, 100_000)}
                    {self.number("Places more, for those who leave", "recruitment.spare", 0, 100_000)}
                </div>
                    {self.check("From Prolific by its signed links alone (“secured external URL”); nobody comes from MTurk then", "recruitment.signed")}
                    {quotas}
                    <button class="btn btn-sm mt-3" name="do" value="add:recruitment.quotas">"Add a quota"</button>
                </fieldset>
                <fieldset class="panel space-y-3"><legend class="font-semibold">"Assignment: blocks, shuffled by the seed"</legend>
                    <div class="field-grid">
                        {self.number("Seed", "assignment.seed", 0, i64::MAX)}
                        {self.number("Times that each cell lies in a block", "assignment.block", 1, 20)}
                    </div>
                    {self.area("Strata: names of questions of eligibility, one in a line", "assignment.strata", 2)}
                </fieldset>
                <fieldset class="panel"><legend class="font-semibold">"Pay"</legend><div class="field-grid">
                    {self.line("Currency (ISO 4217)", "pay.currency")}
                    {money("Base", "pay.base")}
                    {money("Bonus for a reward of 1 in one talk", "pay.bonus")}
                    {money("Most bonus of one participant", "pay.most_bonus")}
                    {money("For a talk that a partner left or the machinery broke", "pay.spoilt")}
                    {money("Who is not eligible", "pay.screened_out")}
                    {money("Who fails the quiz", "pay.failed_checks")}
                    {money("Who waits in vain", "pay.waited")}
                    {money("Most of the whole study", "pay.most")}
                    {self.line("Share of it from which on nobody new is let in until you say so, 0 to 1", "pay.soft_stop")}
                </div></fieldset>
                <fieldset class="panel"><legend class="font-semibold">"Limits, in minutes"</legend><div class="field-grid">
                    {self.number("On a page", "limits.page", 1, 240)}
                    {self.number("Of one talk", "limits.negotiation", 1, 240)}
                    {self.number("For a partner, until there is a choice", "limits.wait", 1, 240)}
                    {self.number("Until a partner who left counts as gone", "limits.away", 1, 240)}
                </div></fieldset>
                <fieldset class="panel"><legend class="font-semibold">"Privacy"</legend>
                    {self.number("Days after which what identifies people is erased", "privacy.identities_days", 0, 3650)}
                </fieldset>
            </div>
        }
        .into_any()
    }

    fn texts_of_pages(&self) -> AnyView {
        view! {
            <div class="panel space-y-4">
                {self.texts("Consent", "consent.text", 8)}
                {self.texts("Instructions", "instructions.text", 8)}
                {self.check("A practice round after the instructions", "instructions.practice")}
                {self.texts("Debrief: tells the truth about who sat across", "debrief", 6)}
            </div>
        }
        .into_any()
    }

    fn quiz(&self) -> AnyView {
        let questions = &self.page.study.quiz.questions;
        view! {
            <div class="space-y-4">
                <div class="panel">{self.number("Times that it may be tried; 0 counts as 2", "quiz.tries", 0, 10)}</div>
                {self.questions("quiz.questions", questions, "On the instructions: each question has right answers.")}
            </div>
        }
        .into_any()
    }

    fn questions(&self, list: &'static str, questions: &[Question], told: &'static str) -> AnyView {
        let entries = questions.iter().enumerate().map(|(n, question)| {
            let at = |field: &str| format!("{list}[{n}].{field}");
            view! {
                <fieldset class="panel space-y-3">
                    <legend class="font-semibold">{format!("Question {}: {}", n + 1, question.name)}</legend>
                    <div class="field-grid">
                        {self.line("Name: a column of exports", &at("name"))}
                        {self.select("Answered by; another kind begins its answers anew", &at("answer.kind"), options(&KINDS))}
                    </div>
                    {self.texts("Question", &at("text"), 1)}
                    {self.answer(&at("answer"), &question.answer)}
                    {self.check("May be left out", &at("optional"))}
                    {moves(list, n, questions.len())}
                </fieldset>
            }
        });
        view! {
            <div class="space-y-4">
                <p class="max-w-prose">{told}</p>
                {entries.collect_view()}
                <button class="btn" name="do" value=format!("add:{list}")>"Add a question"</button>
            </div>
        }
        .into_any()
    }

    fn answer(&self, at: &str, answer: &Kind) -> AnyView {
        let right = format!("{at}.right");
        match answer {
            Kind::Choice { options, .. } => {
                let list = format!("{at}.options");
                let entries = options.iter().enumerate().map(|(n, one)| {
                    let value = one.value.clone();
                    view! {
                        <li class="field-grid">
                            {self.line("Value, in exports", &format!("{list}[{n}].value"))}
                            {self.texts("Answer", &format!("{list}[{n}].text"), 1)}
                            {(options.len() > 2).then(|| view! { <button class="btn btn-sm btn-ghost" name="do" value=format!("remove:{list}[{n}]")>{format!("Remove {value}")}</button> })}
                        </li>
                    }
                });
                view! {
                    <ul class="space-y-3">{entries.collect_view()}</ul>
                    {self.flaws(&list)}
                    <button class="btn btn-sm" name="do" value=format!("add:{list}")>"Add an answer"</button>
                    {self.area("Values that count as right, one in a line; none: all", &right, 2)}
                }
                .into_any()
            }
            Kind::Likert { .. } => view! {
                {self.number("Points", &format!("{at}.points"), 3, 11)}
                {self.texts("The lowest is", &format!("{at}.low"), 1)}
                {self.texts("The highest is", &format!("{at}.high"), 1)}
            }
            .into_any(),
            Kind::Number { .. } => view! {
                <div class="field-grid">
                    {self.number("From", &format!("{at}.min"), -1_000_000_000, 1_000_000_000)}
                    {self.number("To", &format!("{at}.max"), -1_000_000_000, 1_000_000_000)}
                    {self.line("Right from and to, e.g. 18 120; none: all", &right)}
                </div>
            }
            .into_any(),
            Kind::Words { .. } => {
                self.number("Characters at most", &format!("{at}.most"), 1, 10_000)
            }
        }
    }

    fn promise(&self) -> AnyView {
        view! {
            <div class="panel space-y-3">
                <p class="max-w-prose">"The document that is frozen at the launch is made of these, and of the study's own figures."</p>
                {self.area("Hypotheses, one in a line", "promise.hypotheses", 4)}
                {self.area("Outcome", "promise.outcome", 3)}
                {self.area("Analysis", "promise.analysis", 4)}
                {self.area("When recruitment ends", "promise.stopping", 3)}
                {self.check("Leave out who answers an attention check of the survey wrongly", "promise.exclusions.failed_attention")}
                {self.check("Leave out who meets a partner that leaves, or a machinery that breaks", "promise.exclusions.spoilt")}
                {self.line("Leave out who is faster than so many seconds; empty: nobody", "promise.exclusions.faster_than_s")}
            </div>
        }
        .into_any()
    }
}

/// Buttons of an entry. What was written on the page is kept with them.
fn moves(list: &str, n: usize, of: usize) -> AnyView {
    let up = (n > 0).then(|| {
        view! { <button class="btn btn-sm btn-ghost" name="do" value=format!("up:{list}[{n}]")>"Move up"</button> }
    });
    let remove = (of > 1 || list != "conditions").then(|| {
        view! { <button class="btn btn-sm btn-ghost" name="do" value=format!("remove:{list}[{n}]")>"Remove"</button> }
    });
    view! { <div class="flex flex-wrap gap-2">{up} {remove}</div> }.into_any()
}
