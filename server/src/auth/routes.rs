//! Signing in and out. Forms of the pages post here and are sent on with 303.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Form, Router};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use serde_json::json;
use store::UserRow;
use wire::{Code, Problem, UserId};

use super::cookies::{SESSION, no_session, session};
use super::identity::Actor;
use super::password;
use crate::backend::refusal;
use crate::state::AppState;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/auth/sign-in", post(sign_in))
        .route("/auth/sign-out", post(sign_out))
        // The page that a GET shows has a button: programs that follow links consume none.
        .route("/auth/link/{token}", post(use_link))
        .route("/auth/password", post(set_password))
}

#[derive(Deserialize)]
struct SignIn {
    email: String,
    password: String,
}

async fn sign_in(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    jar: CookieJar,
    Form(form): Form<SignIn>,
) -> Response {
    let attempt = async {
        state.limits.sign_in(actor.from)?;
        let user = check(&state, form).await?;
        start_session(&state, &actor, jar, user, "session.password").await
    };
    match attempt.await {
        Ok(jar) => (jar, Redirect::to("/research")).into_response(),
        Err(problem) => back("/sign-in", &problem),
    }
}

async fn check(state: &AppState, form: SignIn) -> Result<UserId, Problem> {
    let store = &state.souk.store;
    let user = store.user_find_by_name(form.email.trim()).await.map_err(refusal)?;
    let user = user.filter(|user| user.disabled_ms.is_none());
    let (id, hash) =
        user.map_or((None, None), |UserRow { id, password_hash, .. }| (Some(id), password_hash));
    let right = password::verify(form.password, hash).await?;
    id.filter(|_| right).ok_or_else(|| {
        Problem::named(Code::Unauthorized, "wrong_sign_in", "The address or the password is wrong.")
    })
}

async fn use_link(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    jar: CookieJar,
    Path(token): Path<String>,
) -> Response {
    let attempt = async {
        state.limits.sign_in(actor.from)?;
        let user = state.souk.store.login_link_consume(&token).await.map_err(refusal)?;
        let user = user.ok_or_else(|| {
            Problem::named(
                Code::Unauthorized,
                "link_used",
                "This sign-in link was used or has expired: `souk admin login-link` makes another.",
            )
        })?;
        start_session(&state, &actor, jar, user, "session.link").await
    };
    match attempt.await {
        Ok(jar) => (jar, Redirect::to("/research")).into_response(),
        Err(problem) => back("/sign-in", &problem),
    }
}

async fn start_session(
    state: &AppState,
    actor: &Actor,
    jar: CookieJar,
    user: UserId,
    action: &str,
) -> Result<CookieJar, Problem> {
    let life = state.config.session_life;
    let secret = state.souk.store.session_create(user, life).await.map_err(refusal)?;
    let caller = app::backend::Caller { researcher: Some(user), ..actor.caller };
    state.souk.note(caller, action, user, json!({})).await;
    Ok(jar.add(session(secret.reveal(), life, state.config.secure_cookies())))
}

async fn sign_out(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    jar: CookieJar,
) -> Response {
    if let Some(cookie) = jar.get(SESSION) {
        if let Err(error) = state.souk.store.session_delete(cookie.value()).await {
            return back("/sign-in", &refusal(error));
        }
        if let Some(user) = actor.caller.researcher {
            state.souk.note(actor.caller, "session.end", user, json!({})).await;
        }
    }
    (jar.remove(no_session()), Redirect::to("/")).into_response()
}

#[derive(Deserialize)]
struct NewPassword {
    password: String,
    again: String,
}

async fn set_password(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    jar: CookieJar,
    Form(form): Form<NewPassword>,
) -> Response {
    let attempt = async {
        let user = signed_in_by_session(&actor)?;
        if form.password != form.again {
            return Err(Problem::named(
                Code::Unprocessable,
                "passwords_differ",
                "The two passwords differ: type the same one twice.",
            ));
        }
        password::check_new(&form.password)?;
        let hash = password::hash(form.password).await?;
        state.souk.store.user_set_password(user, &hash).await.map_err(refusal)?;
        state.souk.note(actor.caller, "user.password", user, json!({})).await;
        // Other browsers were signed out with the old password; this one stays.
        start_session(&state, &actor, jar, user, "session.password").await
    };
    match attempt.await {
        Ok(jar) => (jar, Redirect::to("/research?done=password")).into_response(),
        Err(problem) => back("/research", &problem),
    }
}

/// Who signed in with a browser: a key, whatever its scopes, changes no password and posts no form.
pub fn signed_in_by_session(actor: &Actor) -> Result<UserId, Problem> {
    actor
        .caller
        .researcher
        .filter(|_| actor.via == super::Via::Browser)
        .ok_or_else(|| Problem::new(Code::Unauthorized, "Sign in first."))
}

/// Back to the form, which says what the code means.
fn back(page: &str, problem: &Problem) -> Response {
    Redirect::to(&format!("{page}?problem={}", problem.code)).into_response()
}

/// Problem codes of signing in, for `/api/errors`; the forms get them as `?problem=`.
pub const AUTH_CODES: [(&str, u16, &str); 7] = [
    ("wrong_sign_in", 401, "The address or the password is wrong."),
    ("link_used", 401, "The sign-in link was used or has expired."),
    ("passwords_differ", 422, "The two passwords differ."),
    ("password_length", 422, "The password is too short or too long."),
    ("not_by_key", 403, "A key is for /api, /env and /v1; the address is for browsers."),
    ("not_this_host", 403, "The server is for its own machine, and was asked for by another name."),
    ("cross_site", 403, "Another site's page made the request."),
];
