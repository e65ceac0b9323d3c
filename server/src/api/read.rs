//! Reading requests, with problems for what does not fit.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use wire::{Code, Problem};

use crate::edge::Fault;

/// A JSON body. What does not fit is refused by the framework in words that name the field; the
/// edge makes a problem of it.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(JsonRejection))]
pub struct Body<T>(pub T);

/// The parts of an address. One that cannot be an id names nothing.
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let found: Result<_, PathRejection> =
            axum::extract::Path::from_request_parts(parts, state).await;
        found.map(|axum::extract::Path(value)| InPath(value)).map_err(|why| {
            let detail = format!("There is nothing of this name: {}.", why.body_text());
            Fault(Problem::new(Code::NotFound, detail))
        })
    }
}

/// The query of an address.
pub struct InQuery<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let found: Result<_, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        found
            .map(|axum::extract::Query(value)| InQuery(value))
            .map_err(|why| Fault(Problem::new(Code::BadRequest, format!("{}.", why.body_text()))))
    }
}
