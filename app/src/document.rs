//! The document around the page.

/// The mark of Souk as a picture of its own, for `/favicon.svg`.
#[cfg(feature = "ssr")]
pub const FAVICON_SVG: &str = include_str!("mark.svg");

#[cfg(feature = "ssr")]
pub use server_side::{Assets, content_security_policy, shell};

#[cfg(feature = "ssr")]
mod server_side {
    use http::{HeaderValue, header};
    use leptos::nonce::use_nonce;
    use leptos::prelude::*;
    use leptos_meta::MetaTags;

    use crate::browser::{DARK, LIGHT, THEME_COOKIE};
    use crate::site::App;

    /// Absolute paths of the page's files on this server.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Assets {
        pub js: String,
        pub wasm: String,
        pub css: String,
    }

    /// The content security policy of a page: nothing but our own files, and the scripts that carry
    /// this response's nonce.
    pub fn content_security_policy(nonce: &str) -> String {
        format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    }

    /// The whole document; also sets the response's content security policy.
    pub fn shell(assets: Assets) -> impl IntoView {
        let nonce = use_nonce();
        if let (Some(nonce), Some(response)) =
            (&nonce, use_context::<leptos_axum::ResponseOptions>())
            && let Ok(policy) = HeaderValue::from_str(&content_security_policy(nonce.as_inner()))
        {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
        let Assets { js, wasm, css } = assets;
        let start = format!(
            "import init, {{ hydrate }} from {js:?}; await init({{ module_or_path: {wasm:?} }}); hydrate();"
        );
        view! {
            <!DOCTYPE html>
            <html lang="en" data-theme=chosen_theme()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light dark"/>
                    <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                    <link rel="stylesheet" href=css/>
                    <link rel="modulepreload" href=js/>
                    <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin=""/>
                    <script type="module" nonce=nonce>{start}</script>
                    <MetaTags/>
                </head>
                <body>
                    <App/>
                </body>
            </html>
        }
    }

    /// The theme of the reader's cookie; none leaves it to the system's preference.
    fn chosen_theme() -> Option<&'static str> {
        let parts = use_context::<http::request::Parts>()?;
        let cookies = parts.headers.get(header::COOKIE)?.to_str().ok()?;
        let chosen = cookies.split(';').find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == THEME_COOKIE).then_some(value)
        })?;
        [LIGHT, DARK].into_iter().find(|theme| *theme == chosen)
    }
}
