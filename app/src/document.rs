//! The document around the page.

/// The mark of Souk as a picture of its own, for `/favicon.svg`.
#[cfg(feature = "ssr")]
pub const FAVICON_SVG: &str = include_str!("mark.svg");

#[cfg(feature = "ssr")]
pub use server_side::{Assets, content_security_policy, shell, theme_of};

#[cfg(feature = "ssr")]
mod server_side {
    use std::collections::BTreeMap;

    use http::{HeaderValue, header};
    use leptos::nonce::use_nonce;
    use leptos::prelude::*;
    use leptos_meta::MetaTags;

    use crate::browser::{DARK, LIGHT, THEME_COOKIE};
    use crate::chunk::Chunk;
    use crate::site::App;

    /// Absolute paths of the page's files on this server.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Assets {
        pub js: String,
        /// The script that fetches chunks; `js` imports it.
        pub loader: String,
        pub wasm: String,
        pub css: String,
        /// The files of each chunk of code, by its name.
        pub chunks: BTreeMap<String, Vec<String>>,
    }

    /// The id of the part of the document that waits hidden.
    const INERT: &str = "inert-page";

    impl Assets {
        /// What the page at a path needs besides the main wasm.
        fn chunk_at(&self, path: &str) -> &[String] {
            let chunk = Chunk::at(path).and_then(|chunk| self.chunks.get(chunk.name()));
            chunk.map_or(&[], Vec::as_slice)
        }
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
        let parts = use_context::<http::request::Parts>();
        let chunk = assets.chunk_at(parts.as_ref().map_or("", |parts| parts.uri.path())).to_vec();
        let Assets { js, loader, wasm, css, .. } = assets;
        let start = start(&js, &wasm);
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
                    <link rel="modulepreload" href=loader/>
                    {[wasm].into_iter().chain(chunk).map(preload).collect_view()}
                    <script type="module" nonce=nonce>{start}</script>
                    <Inert/>
                    <MetaTags/>
                </head>
                <body>
                    <App/>
                </body>
            </html>
        }
    }

    /// Starts the page. Where a file cannot be had, a part of the document that waits hidden says so:
    /// the page is complete to read, but answers to nothing.
    fn start(js: &str, wasm: &str) -> String {
        format!(
            "try {{ \
             const {{ default: init, hydrate }} = await import({js:?}); \
             await init({{ module_or_path: {wasm:?} }}); \
             await hydrate(); \
             }} catch (error) {{ \
             document.getElementById(\"main\").prepend(document.getElementById(\"{INERT}\").content); \
             throw error; \
             }}"
        )
    }

    /// What the page shows where it cannot be started.
    #[component]
    fn Inert() -> impl IntoView {
        view! {
            <template id=INERT>
                <p role="alert" class="alert alert-warning mb-6">
                    "A part of this page could not be fetched. You can read it, but its buttons may do nothing. "
                    <a href="" rel="external" class="link">"Load the page again"</a>
                </p>
            </template>
        }
    }

    fn preload(wasm: String) -> impl IntoView {
        view! { <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin=""/> }
    }

    /// The theme of the reader's cookie; none leaves it to the system's preference.
    fn chosen_theme() -> Option<&'static str> {
        let parts = use_context::<http::request::Parts>()?;
        theme_of(parts.headers.get(header::COOKIE)?.to_str().ok()?)
    }

    /// The theme that a browser's cookies name.
    pub fn theme_of(cookies: &str) -> Option<&'static str> {
        let chosen = cookies.split(';').find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == THEME_COOKIE).then_some(value)
        })?;
        [LIGHT, DARK].into_iter().find(|theme| *theme == chosen)
    }
}
