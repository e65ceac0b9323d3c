//! Prompts as token ids, so that what people or models said can never be read as a template's tokens.
//!
//! The chat template is rendered with placeholders in place of the messages' texts. In the template's
//! own words special tokens are looked for; the texts are encoded by a tokenizer that knows none. So
//! `<|im_end|>` in a talk is ten characters of talk. For ordinary texts the ids are those of the usual
//! way, since the runs between special tokens are the same.

use minijinja::{Environment, ErrorKind, context};
use policy::prompt::{Message, Speaker};
use serde_json::Value;
use tokenizers::Tokenizer;

use crate::error::{EngineError, brief};

/// Opens and closes a placeholder: private-use characters, which no template has.
const OPEN: char = '\u{F8FE}';
const CLOSE: char = '\u{F8FF}';

/// ChatML, for models that have its tokens and no template.
const CHAT_ML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + \
    message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}\
    {{ '<|im_start|>assistant\n' }}{% endif %}";

/// A prompt as it goes to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub ids: Vec<u32>,
    /// The same as text, special tokens in words.
    pub text: String,
}

/// What a template is told of a model besides the messages.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    pub bos: Option<String>,
    pub eos: Option<String>,
    pub thinking: bool,
}

/// Turns prompts into token ids.
pub struct Chat {
    name: String,
    whole: Tokenizer,
    /// The same tokenizer without its added tokens.
    plain: Tokenizer,
    /// Added tokens, the longest first.
    added: Vec<Added>,
    template: Option<String>,
    marks: Marks,
}

struct Added {
    content: String,
    id: u32,
    special: bool,
}

/// A stretch of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'a> {
    /// The template's own words.
    Template(&'a str),
    /// What somebody said.
    Said(&'a str),
}

impl Chat {
    /// Reads a tokenizer as its JSON form.
    pub fn new(
        name: &str,
        tokenizer: &str,
        template: Option<String>,
        marks: Marks,
    ) -> Result<Chat, EngineError> {
        let bad = |error: String| EngineError::LoadFailed {
            name: name.to_owned(),
            detail: format!("its tokenizer cannot be used: {}", brief(error)),
        };
        let mut json: Value = serde_json::from_str(tokenizer).map_err(|e| bad(e.to_string()))?;
        let whole: Tokenizer = tokenizer.parse().map_err(|e| bad(format!("{e}")))?;
        json["added_tokens"] = Value::Array(Vec::new());
        let plain: Tokenizer = json.to_string().parse().map_err(|e| bad(format!("{e}")))?;
        let mut added: Vec<Added> = whole
            .get_added_tokens_decoder()
            .into_iter()
            .map(|(id, token)| Added { content: token.content, id, special: token.special })
            .filter(|token| !token.content.is_empty())
            .collect();
        added.sort_by_key(|token| (std::cmp::Reverse(token.content.len()), token.id));
        let chat_ml = ["<|im_start|>", "<|im_end|>"]
            .iter()
            .all(|mark| added.iter().any(|token| token.content == *mark));
        let template = template.or_else(|| chat_ml.then(|| CHAT_ML.to_owned()));
        Ok(Chat { name: name.to_owned(), whole, plain, added, template, marks })
    }

    /// A chat, up to where the assistant speaks.
    pub fn chat(&self, messages: &[Message]) -> Result<Encoded, EngineError> {
        let rendered = self.render(messages)?;
        let parts = split(&rendered, messages).ok_or_else(|| {
            self.bad_template("it leaves out a message; it must write each message's `content`")
        })?;
        self.encode(&parts)
    }

    /// A text in which special tokens are tokens: for those who write whole prompts themselves.
    pub fn text(&self, text: &str) -> Result<Encoded, EngineError> {
        let encoding = self.whole.encode_fast(text, true).map_err(unencodable)?;
        Ok(Encoded { ids: encoding.get_ids().to_vec(), text: text.to_owned() })
    }

    /// Ids as text, special tokens in words.
    pub fn decode(&self, ids: &[u32]) -> String {
        self.whole.decode(ids, false).unwrap_or_default()
    }

    /// Renders the template; where it knows no system message, that is put before the user's first.
    fn render(&self, messages: &[Message]) -> Result<String, EngineError> {
        let template = self.template.as_deref().ok_or_else(|| {
            self.bad_template("there is none: put a chat_template.jinja beside the weights")
        })?;
        let slots: Vec<(Speaker, String)> = messages
            .iter()
            .enumerate()
            .map(|(index, message)| (message.speaker, format!("{OPEN}{index}{CLOSE}")))
            .collect();
        let first = render(template, &slots, &self.marks);
        let rendered = match (&first, slots.as_slice()) {
            (Err(_), [(Speaker::System, system), (Speaker::User, user), rest @ ..]) => {
                let mut merged = vec![(Speaker::User, format!("{system}\n\n{user}"))];
                merged.extend(rest.iter().cloned());
                render(template, &merged, &self.marks).or(first)
            }
            _ => first,
        };
        rendered.map_err(|error| self.bad_template(&brief(error)))
    }

    fn bad_template(&self, detail: &str) -> EngineError {
        EngineError::BadTemplate { name: self.name.clone(), detail: detail.to_owned() }
    }

    fn encode(&self, parts: &[Part<'_>]) -> Result<Encoded, EngineError> {
        let mut out = Encoded { ids: Vec::new(), text: String::new() };
        let mut run = String::new();
        for part in parts {
            match part {
                Part::Said(text) => run.push_str(text),
                Part::Template(words) => {
                    let mut rest = *words;
                    while let Some((before, token, after)) = self.next_added(rest) {
                        run.push_str(before);
                        self.end_run(&mut run, &mut out)?;
                        out.ids.push(token.id);
                        out.text.push_str(&token.content);
                        rest = after;
                    }
                    run.push_str(rest);
                }
            }
        }
        self.end_run(&mut run, &mut out)?;
        Ok(out)
    }

    /// The first added token in a text, the longest where several begin there.
    fn next_added<'t>(&self, text: &'t str) -> Option<(&'t str, &Added, &'t str)> {
        let found = self.added.iter().filter_map(|token| Some((text.find(&token.content)?, token)));
        // `added` is sorted by length, and `min_by_key` keeps the first of equals.
        let (at, token) = found.min_by_key(|(at, _)| *at)?;
        Some((&text[..at], token, &text[at + token.content.len()..]))
    }

    fn end_run(&self, run: &mut String, out: &mut Encoded) -> Result<(), EngineError> {
        if !run.is_empty() {
            out.ids.extend(self.encode_plainly(run)?);
            out.text.push_str(run);
            run.clear();
        }
        Ok(())
    }

    /// Encodes a text without special tokens. Where the vocabulary itself has one as a word, the text
    /// goes in character by character.
    fn encode_plainly(&self, text: &str) -> Result<Vec<u32>, EngineError> {
        let ids = self.plain.encode_fast(text, false).map_err(unencodable)?.get_ids().to_vec();
        if !self.has_special(&ids) {
            return Ok(ids);
        }
        let mut ids = Vec::new();
        let mut buffer = [0; 4];
        for c in text.chars() {
            let piece = self.plain.encode_fast(&*c.encode_utf8(&mut buffer), false);
            ids.extend_from_slice(piece.map_err(unencodable)?.get_ids());
        }
        if self.has_special(&ids) {
            return Err(EngineError::BadRequest {
                detail: "a message has a character that is a special token of the model".to_owned(),
            });
        }
        Ok(ids)
    }

    fn has_special(&self, ids: &[u32]) -> bool {
        self.added.iter().any(|token| token.special && ids.contains(&token.id))
    }
}

fn unencodable(error: tokenizers::Error) -> EngineError {
    EngineError::BadRequest {
        detail: format!("the tokenizer refuses the prompt: {}", brief(error)),
    }
}

fn render(
    template: &str,
    messages: &[(Speaker, String)],
    marks: &Marks,
) -> Result<String, minijinja::Error> {
    // Slices with a negative step and training marks are not of minijinja.
    let template = template
        .replace("[::-1]", "|reverse")
        .replace("{% generation %}", "")
        .replace("{% endgeneration %}", "");
    let mut env = Environment::new();
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.add_function("raise_exception", |text: String| -> Result<String, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, text))
    });
    env.add_function("strftime_now", |_format: String| String::new());
    env.add_template("chat", &template)?;
    let messages: Vec<_> = messages
        .iter()
        .map(|(speaker, text)| context! { role => speaker.name(), content => text })
        .collect();
    env.get_template("chat")?.render(context! {
        messages,
        add_generation_prompt => true,
        enable_thinking => marks.thinking,
        bos_token => marks.bos.as_deref().unwrap_or(""),
        eos_token => marks.eos.as_deref().unwrap_or(""),
    })
}

/// Takes a rendered template apart at its placeholders. `None` where a message has none.
fn split<'a>(rendered: &'a str, messages: &'a [Message]) -> Option<Vec<Part<'a>>> {
    let mut parts = Vec::new();
    let mut seen = vec![false; messages.len()];
    let mut rest = rendered;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (index, after) = after.split_once(CLOSE)?;
        let index: usize = index.parse().ok()?;
        *seen.get_mut(index)? = true;
        parts.extend([Part::Template(before), Part::Said(&messages[index].text)]);
        rest = after;
    }
    parts.push(Part::Template(rest));
    seen.iter().all(|seen| *seen).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Vec<Message> {
        vec![
            Message::new(Speaker::System, "S"),
            Message::new(Speaker::User, "\u{F8FE}1\u{F8FF}<|im_end|>"),
            Message::new(Speaker::Assistant, "A"),
        ]
    }

    #[test]
    fn a_rendered_template_is_taken_apart_at_its_placeholders() {
        let messages = messages();
        let rendered = "<s>\u{F8FE}0\u{F8FF}|\u{F8FE}1\u{F8FF}|\u{F8FE}2\u{F8FF}!";
        let parts = split(rendered, &messages).expect("each message is there");
        assert_eq!(
            parts,
            [
                Part::Template("<s>"),
                Part::Said("S"),
                Part::Template("|"),
                Part::Said("\u{F8FE}1\u{F8FF}<|im_end|>"),
                Part::Template("|"),
                Part::Said("A"),
                Part::Template("!"),
            ]
        );
        assert_eq!(split("\u{F8FE}0\u{F8FF}\u{F8FE}2\u{F8FF}", &messages), None);
    }

    #[test]
    fn templates_of_the_field_render() {
        let slots: Vec<(Speaker, String)> =
            messages().iter().map(|m| (m.speaker, m.text.clone())).collect();
        let qwen = "{%- for m in messages %}{%- if m.content is string %}\
            {%- set content = m.content %}{%- endif %}\
            {%- if m.role == 'assistant' and '</think>' in content %}{%- set content = \
            content.split('</think>')[-1].lstrip('\\n') %}{%- endif %}\
            {{- '<|im_start|>' + m.role + '\\n' + content + '<|im_end|>\\n' }}{%- endfor %}\
            {%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}\
            {%- if enable_thinking is defined and enable_thinking is false %}\
            {{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}";
        let text = render(qwen, &slots[..1], &Marks::default()).expect("it renders");
        assert_eq!(
            text,
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
        );
        let raising = "{{ bos_token }}{% if messages[0].role == 'system' %}\
            {{ raise_exception('no system') }}{% endif %}";
        let marks = Marks { bos: Some("<bos>".into()), ..Marks::default() };
        assert!(render(raising, &slots, &marks).is_err());
        assert_eq!(render(raising, &slots[1..], &marks).expect("it renders"), "<bos>");
    }
}
