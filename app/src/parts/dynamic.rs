//! Parts of a page that change.

use leptos::prelude::*;

/// A changing part. All of them are of this one type, for the framework's code to build, hydrate
/// and renew a part is compiled once per type: that is most of the page's weight.
pub type Dynamic = Box<dyn Fn() -> AnyView + Send + Sync>;

pub fn dynamic<V: IntoView + 'static>(part: impl Fn() -> V + Send + Sync + 'static) -> Dynamic {
    Box::new(move || part().into_any())
}

/// What [`arriving`] makes.
pub type Arrivals = Box<dyn Fn() -> Suspend<AnyView> + Send + Sync>;

/// A part that waits for an answer, for `Suspense` and `Transition`; of one type as well.
pub fn arriving<F: Future<Output = AnyView> + Send + 'static>(
    part: impl Fn() -> F + Send + Sync + 'static,
) -> Arrivals {
    Box::new(move || Suspend::new(part()))
}
