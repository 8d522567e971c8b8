//! One matrix product on one thread, for operations that cut their own work into pieces.

use gemm::Parallelism;

/// A matrix that lies somewhere in `values`: entry `(i, j)` at `i * row_stride + j *
/// column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) row_stride: usize,
    pub(crate) column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self {
            values,
            rows,
            columns,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// Its transpose.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// Whether every entry lies in `values`.
    fn fits(&self) -> bool {
        if self.rows == 0 || self.columns == 0 {
            return true;
        }
        let down = (self.rows - 1).checked_mul(self.row_stride);
        let across = (self.columns - 1).checked_mul(self.column_stride);
        let last = down.zip(across).and_then(|(a, b)| a.checked_add(b));
        last.is_some_and(|last| last < self.values.len())
    }
}

/// `out += a b`, `out` row-major `[a.rows, b.columns]`.
pub(crate) fn add_product(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
    assert!(a.fits() && b.fits() && a.columns == b.rows);
    assert_eq!(Some(out.len()), a.rows.checked_mul(b.columns));
    // SAFETY: every entry of the three matrices lies in its slice, as asserted, and `out` is
    // borrowed alone.
    #[expect(unsafe_code, reason = "the matrix product takes pointers")]
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            b.columns as isize,
            true,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::{Matrix, add_product};

    /// Whether the product of two matrices, with room for `room` results, is refused.
    fn refused(a: Matrix<'_>, b: Matrix<'_>, room: usize) -> bool {
        catch_unwind(|| add_product(&mut vec![0.0; room], a, b)).is_err()
    }

    #[test]
    fn what_does_not_lie_in_its_values_is_refused() {
        let values = [1.0; 6];
        let whole = Matrix::new(&values, 2, 3);
        let turned = whole.transposed();
        assert!(!refused(whole, turned, 4));
        assert!(refused(whole, turned, 3));
        assert!(refused(whole, whole, 6));
        assert!(refused(Matrix::new(&values[..5], 2, 3), turned, 4));
        assert!(refused(whole, Matrix::new(&values[..5], 3, 2), 4));
        let far = Matrix {
            row_stride: usize::MAX / 2,
            rows: 3,
            ..whole
        };
        assert!(refused(far, turned, 6));
        let endless = Matrix {
            rows: 1 << (usize::BITS - 1),
            columns: 0,
            ..whole
        };
        assert!(refused(endless, Matrix::new(&[], 0, 2), 0));
    }
}
