use crate::Bitmap;

impl Bitmap {
    /// The image with rows and columns exchanged.
    ///
    /// COCO's run lengths go down the columns; transposing first, 64 by 64 pixels at a time, lets
    /// them be read and written a word at a time as well.
    pub(crate) fn transposed(&self) -> Self {
        // The size limit rounds both sides up, so it holds for the transposed image too.
        let mut transposed = Self::blank(self.height(), self.width());
        for top in (0..self.height()).step_by(64) {
            for left in (0..self.width()).step_by(64) {
                let mut block = [0; 64];
                for (y, word) in (top..self.height()).zip(&mut block) {
                    *word = self.row(y)[left as usize / 64];
                }
                transpose_block(&mut block);
                for (x, word) in (left..self.width()).zip(block) {
                    transposed.row_mut(x)[top as usize / 64] = word;
                }
            }
        }
        transposed
    }
}

/// Transposes 64 by 64 bits by exchanging the off-diagonal quarters of ever smaller squares.
fn transpose_block(block: &mut [u64; 64]) {
    let mut size = 32;
    let mut low_half = u64::MAX >> 32;
    while size > 0 {
        for row in (0..64).filter(|row| row & size == 0) {
            let exchanged = (block[row] >> size ^ block[row + size]) & low_half;
            block[row] ^= exchanged << size;
            block[row + size] ^= exchanged;
        }
        size /= 2;
        low_half ^= low_half << size;
    }
}
