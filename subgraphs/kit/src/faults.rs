//! Named points at which a test may make this process die, pause, or do the same again. Compiled in under the feature
//! `faults` alone; without it a point is nothing.

#[cfg(feature = "faults")]
mod armed;

#[cfg(feature = "faults")]
pub use armed::{init, reach, twice};

/// Where a process may be made to fail.
#[cfg(feature = "faults")]
#[macro_export]
macro_rules! crash_at {
    ($point:literal) => {
        $crate::faults::reach($point)
    };
}

/// Where a process may be made to fail.
#[cfg(not(feature = "faults"))]
#[macro_export]
macro_rules! crash_at {
    ($point:literal) => {{}};
}

/// Does `what`, and again if a point on the way was armed to have it done twice.
#[cfg(not(feature = "faults"))]
pub(crate) fn twice<F: Future>(what: impl Fn() -> F) -> F {
    what()
}
