#![no_main]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use libfuzzer_sys::fuzz_target;
use rayon::{ThreadPool, ThreadPoolBuilder};

use pieces::values_of_pieces;
use product::{Matrix, add_product};

// The files of `resam-ops` with unsafe blocks, as they are: under a sanitizer the whole crate would
// take Burn along.
#[deny(unsafe_code)]
#[path = "../../crates/resam-ops/src/memory.rs"]
mod memory;
#[deny(unsafe_code)]
#[path = "../../crates/resam-ops/src/pieces.rs"]
mod pieces;
#[deny(unsafe_code)]
#[path = "../../crates/resam-ops/src/product.rs"]
mod product;

/// Most multiplications of one product, and most values made in pieces.
const MOST: usize = 1 << 16;

/// Most rows, columns and inner sizes: beyond the blocks that the matrix product cuts them into.
const LONGEST: usize = 1 << 10;

static POOLS: LazyLock<[ThreadPool; 3]> = LazyLock::new(|| {
    [1, 2, 3].map(|threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool")
    })
});

// Numbers of two bytes each; those that are not there are zero. The first says what the others are
// the sizes of.
fuzz_target!(|bytes: &[u8]| {
    let pairs = bytes.as_chunks().0.iter();
    let mut numbers = pairs.map(|&pair| u16::from_le_bytes(pair).into());
    let mut next = || numbers.next().unwrap_or(0);
    match next() % 3 {
        0 => check_product(next),
        1 => check_pieces(next),
        _ => check_memory(next),
    }
});

/// Whole numbers so small that their products and sums are exact in any order.
fn value(index: usize) -> f32 {
    (index * 7919 % 9) as f32 - 4.0
}

/// A product of matrices of any size, zero included, that lie anyhow, against three loops.
fn check_product(mut next: impl FnMut() -> usize) {
    // The larger one size is, the smaller are those after it.
    let mut room = MOST;
    let [rows, inner, columns] = [(); 3].map(|()| {
        let size = next() % (room.min(LONGEST) + 1);
        room /= size.max(1);
        size
    });
    let a = Storage::new(rows, inner, &mut next);
    let b = Storage::new(inner, columns, &mut next);
    let mut out: Box<[f32]> = (0..rows * columns).map(value).collect();
    let mut expected = out.clone();
    for (index, expected) in expected.iter_mut().enumerate() {
        let (row, column) = (index / columns, index % columns);
        for step in 0..inner {
            *expected += a.at(row, step) * b.at(step, column);
        }
    }
    add_product(&mut out, a.matrix(), b.matrix());
    assert_eq!(out, expected);
}

/// A matrix and memory that ends with its last entry, so that the sanitizer sees any step beyond.
struct Storage {
    values: Box<[f32]>,
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl Storage {
    fn new(rows: usize, columns: usize, next: &mut impl FnMut() -> usize) -> Self {
        // Row-major or column-major; then with gaps, or all entries of an axis in one place.
        let layout = next();
        let by_rows = layout & 1 == 0;
        let [near, far] = if by_rows {
            [columns, rows]
        } else {
            [rows, columns]
        };
        let near_stride = if layout & 2 == 0 { 1 } else { next() % 4 };
        let far_stride = match layout & 12 {
            12 => 0,
            8 => near * near_stride + next() % 20,
            _ => near * near_stride,
        };
        let length = if rows == 0 || columns == 0 {
            0
        } else {
            (near - 1) * near_stride + (far - 1) * far_stride + 1
        };
        let (row_stride, column_stride) = if by_rows {
            (far_stride, near_stride)
        } else {
            (near_stride, far_stride)
        };
        Self {
            values: (0..length).map(value).collect(),
            rows,
            columns,
            row_stride,
            column_stride,
        }
    }

    fn at(&self, row: usize, column: usize) -> f32 {
        self.values[row * self.row_stride + column * self.column_stride]
    }

    fn matrix(&self) -> Matrix<'_> {
        let &Self { rows, columns, .. } = self;
        let values = &self.values;
        match (self.row_stride, self.column_stride) {
            (row, 1) if row == columns => Matrix::new(values, rows, columns),
            (1, column) if column == rows => Matrix::new(values, columns, rows).transposed(),
            (row_stride, column_stride) => Matrix {
                values,
                rows,
                columns,
                row_stride,
                column_stride,
            },
        }
    }
}

/// Values made in pieces of any length, zero included, on one to three threads.
fn check_pieces(mut next: impl FnMut() -> usize) {
    let (total, length, threads) = (next() % (MOST / 8), next(), next() % POOLS.len());
    let whole = length.max(1);
    let calls: Vec<AtomicUsize> = (0..total.div_ceil(whole)).map(|_| 0.into()).collect();
    let values = POOLS[threads].install(|| {
        values_of_pieces(total, length, Vec::new, |scratch, index, piece| {
            calls[index].fetch_add(1, Ordering::Relaxed);
            assert_eq!(piece.len(), whole.min(total - index * whole));
            assert!(piece.iter().all(|&value| value == 0.0));
            scratch.clear();
            scratch.extend((0..piece.len()).map(|at| value(index * whole + at)));
            piece.copy_from_slice(scratch);
        })
    });
    assert!(calls.iter().all(|calls| calls.load(Ordering::Relaxed) == 1));
    assert_eq!(values, (0..total).map(value).collect::<Vec<f32>>());
}

/// Telling the allocator to keep memory or to give it back changes no block that is in use.
fn check_memory(mut next: impl FnMut() -> usize) {
    let blocks: Vec<Vec<usize>> = (0..next() % 9).map(|_| (0..next()).collect()).collect();
    memory::keep_freed_memory();
    let (kept, freed) = blocks.split_at(blocks.len() / 2);
    let (kept, freed) = (kept.to_vec(), freed.to_vec());
    drop(freed);
    memory::give_freed_memory_back();
    for (kept, block) in kept.iter().zip(&blocks) {
        assert_eq!(kept, block);
        assert!(block.iter().enumerate().all(|(at, &value)| value == at));
    }
}
