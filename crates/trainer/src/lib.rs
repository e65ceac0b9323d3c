//! Models that learn: the only crate that knows tensors with gradients.
