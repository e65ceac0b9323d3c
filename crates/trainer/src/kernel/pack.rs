//! Matrices laid out for the innermost loop of a product.

/// Columns in a panel of a packed matrix.
pub const NR: usize = 32;

/// A matrix `depth x width` packed in panels: panel `p` holds columns `p * NR ..`, padded with zeros, row
/// after row. Panels have room for `room` rows, of which a product may use the first so many.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    pub(super) data: Vec<f32>,
    pub(super) room: usize,
    pub(super) width: usize,
}

impl Packed {
    /// Packs a row-major matrix with `stride` between rows.
    pub fn from_rows(rows: &[f32], depth: usize, width: usize, stride: usize) -> Packed {
        let mut packed = Packed::default();
        packed.fill_from_rows(rows, depth, width, stride);
        packed
    }

    /// Packs the transpose of a row-major matrix `width x depth`: a weight as it is stored.
    pub fn from_transposed(rows: &[f32], depth: usize, width: usize, stride: usize) -> Packed {
        let mut packed = Packed::default();
        packed.fill_from_transposed(rows, depth, width, stride);
        packed
    }

    /// A matrix `depth x 0` that grows by columns.
    pub fn of_depth(depth: usize) -> Packed {
        Packed { data: Vec::new(), room: depth, width: 0 }
    }

    /// A matrix `0 x width` that grows by rows.
    pub fn of_width(width: usize) -> Packed {
        Packed { data: Vec::new(), room: 0, width }
    }

    pub fn fill_from_rows(&mut self, rows: &[f32], depth: usize, width: usize, stride: usize) {
        self.reshape(depth, width);
        for (p, panel) in self.data.chunks_exact_mut((depth * NR).max(1)).enumerate() {
            let first = p * NR;
            let valid = (width - first).min(NR);
            if valid == NR {
                for (k, out) in panel.chunks_exact_mut(NR).enumerate() {
                    let out: &mut [f32; NR] = out.try_into().expect("chunks of NR");
                    *out = *row::<NR>(rows, k * stride + first);
                }
            } else {
                for (k, out) in panel.chunks_exact_mut(NR).enumerate() {
                    out[..valid].copy_from_slice(&rows[k * stride + first..][..valid]);
                }
            }
        }
    }

    pub fn fill_from_transposed(
        &mut self,
        rows: &[f32],
        depth: usize,
        width: usize,
        stride: usize,
    ) {
        self.reshape(depth, width);
        for (p, panel) in self.data.chunks_exact_mut((depth * NR).max(1)).enumerate() {
            let first = p * NR;
            for j in 0..(width - first).min(NR) {
                let column = &rows[(first + j) * stride..][..depth];
                for (out, &value) in panel[j..].iter_mut().step_by(NR).zip(column) {
                    *out = value;
                }
            }
        }
    }

    /// Adds a column at the right.
    pub fn push_column(&mut self, column: &[f32]) {
        let first = self.width % NR;
        if first == 0 {
            self.data.resize(self.data.len() + self.room * NR, 0.0);
        }
        let panel = self.data.len() - self.room * NR;
        for (out, &value) in self.data[panel + first..].iter_mut().step_by(NR).zip(column) {
            *out = value;
        }
        self.width += 1;
    }

    /// Sets row `k`, for which room is made; rows between are zero until they are set.
    pub fn set_row(&mut self, k: usize, row: &[f32]) {
        if k >= self.room {
            self.make_room((k + 1).next_multiple_of(64).max(self.room * 3 / 2));
        }
        for (panel, part) in self.data.chunks_exact_mut(self.room * NR).zip(row.chunks(NR)) {
            panel[k * NR..][..part.len()].copy_from_slice(part);
        }
    }

    fn make_room(&mut self, room: usize) {
        let panels = self.width.div_ceil(NR);
        let mut data = Vec::with_capacity(panels * room * NR);
        for p in 0..panels {
            data.extend_from_slice(&self.data[p * self.room * NR..][..self.room * NR]);
            data.resize((p + 1) * room * NR, 0.0);
        }
        (self.data, self.room) = (data, room);
    }

    pub fn width(&self) -> usize {
        self.width
    }

    fn reshape(&mut self, depth: usize, width: usize) {
        self.room = depth;
        self.width = width;
        self.data.resize(width.div_ceil(NR) * depth * NR, 0.0);
        if !width.is_multiple_of(NR) {
            let last = self.data.len() - depth * NR;
            self.data[last..].fill(0.0);
        }
    }
}

/// `N` numbers from `from` on: a copy of known length is a few instructions, not a call.
#[inline(always)]
pub(super) fn row<const N: usize>(rows: &[f32], from: usize) -> &[f32; N] {
    rows[from..from + N].try_into().expect("a slice of N")
}

#[cfg(test)]
mod tests {
    use super::super::check::numbers;
    use super::super::gemm::{Into, Rows, product};
    use super::*;

    #[test]
    fn a_grown_matrix_is_the_packed_one() {
        let (k, n) = (70, 45);
        let b = numbers(k * n, 5);
        let (mut by_row, mut by_column) = (Packed::of_width(n), Packed::of_depth(k));
        for i in 0..k {
            by_row.set_row(i, &b[i * n..][..n]);
        }
        for j in 0..n {
            by_column.push_column(&(0..k).map(|l| b[l * n + j]).collect::<Vec<_>>());
        }
        let expected = Packed::from_rows(&b, k, n, n);
        assert_eq!(by_column.data, expected.data);
        let (m, a) = (3, numbers(3 * k, 6));
        let times = |b: &Packed| {
            let mut c = vec![0.0; m * n];
            product(Rows { data: &a, stride: k, count: m }, b, (k, n), &mut c, n, Into::Replaced);
            c
        };
        assert_eq!(times(&by_row), times(&expected));
    }
}
