//! `/api/docs`: the description as a page, without scripts; it works offline.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::errors;
use crate::state::AppState;

const STYLE: &str = include_str!("docs.css");

pub fn routes(description: &OpenApi) -> Router<AppState> {
    let json: Arc<str> =
        description.to_pretty_json().expect("a description has text keys only").into();
    let value: Value = serde_json::from_str(&json).expect("it was written as JSON just now");
    let page: Arc<str> = document("Souk's API", &reference(&value)).into();
    let list: Arc<str> = document("Error codes of Souk's API", &error_list()).into();
    Router::new()
        .route("/api/openapi.json", get(move || fixed(json, "application/json")))
        .route("/api/docs", get(move || fixed(page, "text/html; charset=utf-8")))
        .route("/api/errors", get(move || fixed(list, "text/html; charset=utf-8")))
        .route("/api/docs.css", get(|| fixed(STYLE.into(), "text/css; charset=utf-8")))
}

async fn fixed(text: Arc<str>, kind: &'static str) -> Response {
    let policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'";
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, text.to_string()).into_response()
}

fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/api/docs.css\"></head>\
         <body><header><nav aria-label=\"API\"><a href=\"/\">Souk</a> · \
         <a href=\"/api/docs\">API</a> · <a href=\"/api/errors\">Error codes</a> · \
         <a href=\"/api/openapi.json\">openapi.json</a></nav></header>\
         <main><h1>{title}</h1>{body}</main></body></html>"
    )
}

fn error_list() -> String {
    let mut out = String::from(
        "<p>Every error is <code>application/problem+json</code> with one of these codes in \
         <code>code</code>.</p><table><thead><tr><th scope=\"col\">code</th>\
         <th scope=\"col\">status</th><th scope=\"col\">meaning</th></tr></thead><tbody>",
    );
    for errors::ErrorCode { code, status, meaning } in errors::all() {
        let (code, meaning) = (escape(&code), escape(&meaning));
        push(
            &mut out,
            format_args!(
                "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{meaning}</td></tr>"
            ),
        );
    }
    out + "</tbody></table>"
}

/// The whole reference: operations by tag, then the shapes.
fn reference(api: &Value) -> String {
    let mut out = String::new();
    if let Some(text) = api["info"]["description"].as_str() {
        push(&mut out, format_args!("<p>{}</p>", escape(text)));
    }
    out.push_str(
        "<p>A browser is known by its cookie; a program sends \
         <code>Authorization: Bearer souk_…</code>, a key that a researcher makes.</p>",
    );
    for tag in api["tags"].as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        let about = tag["description"].as_str().unwrap_or_default();
        push(&mut out, format_args!("<h2>{}</h2><p>{}</p>", escape(name), escape(about)));
        for (path, methods) in api["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                if operation["tags"][0] == name {
                    write_operation(&mut out, path, method, operation);
                }
            }
        }
    }
    out.push_str("<h2>Shapes</h2>");
    for (name, schema) in api["components"]["schemas"].as_object().into_iter().flatten() {
        let text = serde_json::to_string_pretty(schema).unwrap_or_default();
        push(
            &mut out,
            format_args!(
                "<details id=\"{0}\"><summary><code>{0}</code></summary><pre tabindex=\"0\">{1}</pre></details>",
                escape(name),
                escape(&text)
            ),
        );
    }
    out
}

fn write_operation(out: &mut String, path: &str, method: &str, operation: &Value) {
    let text = |key: &str| escape(operation[key].as_str().unwrap_or_default());
    push(
        out,
        format_args!(
            "<section class=\"operation\"><h3><span class=\"method\">{}</span> <code>{}</code></h3>\
             <p>{} {}</p>",
            method.to_uppercase(),
            escape(path),
            text("summary"),
            text("description")
        ),
    );
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if !parameters.is_empty() {
        out.push_str(
            "<table><thead><tr><th scope=\"col\">parameter</th><th scope=\"col\">in</th>\
             <th scope=\"col\">meaning</th></tr></thead><tbody>",
        );
        for parameter in parameters {
            let text = |key: &str| escape(parameter[key].as_str().unwrap_or_default());
            push(
                out,
                format_args!(
                    "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                    text("name"),
                    text("in"),
                    text("description")
                ),
            );
        }
        out.push_str("</tbody></table>");
    }
    if let Some(shape) = shape_of(&operation["requestBody"]["content"]) {
        push(out, format_args!("<p>Takes {shape}.</p>"));
    }
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        if status.starts_with('2') {
            let shape = shape_of(&answer["content"]).unwrap_or_else(|| "nothing".to_owned());
            push(out, format_args!("<p>Answers {} with {shape}.</p>", escape(status)));
        }
    }
    out.push_str("</section>");
}

/// A link to the shape of a body.
fn shape_of(content: &Value) -> Option<String> {
    let (kind, body) = content.as_object()?.iter().next()?;
    let reference = |schema: &Value| schema["$ref"].as_str()?.rsplit('/').next().map(escape);
    let link = |name: String| format!("<a href=\"#{name}\"><code>{name}</code></a>");
    let schema = &body["schema"];
    Some(match (reference(schema), reference(&schema["items"])) {
        (Some(name), _) => link(name),
        (None, Some(name)) => format!("a list of {}", link(name)),
        (None, None) => format!("<code>{}</code>", escape(kind)),
    })
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_on_the_page() {
        let json = super::super::description().to_json().unwrap();
        let api: Value = serde_json::from_str(&json).unwrap();
        let page = reference(&api);
        let paths = api["paths"].as_object().unwrap();
        assert!(paths.len() > 15);
        for path in paths.keys() {
            assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
