//! A model's own text as a move.

use rules::syntax::{Context, FormatError, Syntax};
use rules::{Move, View};

/// The end of a turn in the chat template of the demo model and of its larger relatives. Some engines
/// leave it in the text.
const END_OF_TURN: &str = "<|im_end|>";

/// Reads what a model wrote against what it saw. Only blanks around the text and one end-of-turn token
/// behind it are taken off: nothing is made up, completed or repaired.
pub fn read(text: &str, view: &View, syntax: Syntax) -> Result<Move, FormatError> {
    let text = text.trim();
    let text = text.strip_suffix(END_OF_TURN).unwrap_or(text).trim();
    syntax.parse(text, &Context::of(view))
}
