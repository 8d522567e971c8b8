//! A cache of decoded chunks, least recently used first out, with a memory budget, shared by all
//! threads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::tiff::Fault;

/// Decoded bytes that are kept. The chunk used last is kept even if it alone is larger.
const BUDGET: usize = 64 << 20;

/// An image of a file and a chunk of it.
pub(crate) type Key = (usize, u64);

/// The samples of a chunk.
pub(crate) type Chunk = Arc<Vec<u8>>;

#[derive(Debug)]
pub(crate) struct ChunkCache {
    state: Mutex<State>,
    budget: usize,
}

impl Default for ChunkCache {
    fn default() -> Self {
        Self::of_budget(BUDGET)
    }
}

#[derive(Debug, Default)]
struct State {
    slots: HashMap<Key, Slot>,
    bytes: usize,
    /// Counts uses.
    clock: u64,
}

#[derive(Debug, Default)]
struct Slot {
    /// Locked while the chunk is decoded, so that no other thread decodes it too.
    chunk: Arc<Mutex<Option<Chunk>>>,
    bytes: usize,
    last_use: u64,
}

impl ChunkCache {
    /// A cache of so many bytes.
    pub(crate) fn of_budget(budget: usize) -> Self {
        Self {
            state: Mutex::default(),
            budget,
        }
    }

    /// The chunk of a key, decoded by `decode` unless it is kept. Chunks that were never written
    /// are nothing, and are not kept.
    pub(crate) fn get(
        &self,
        key: Key,
        decode: impl FnOnce() -> Result<Option<Vec<u8>>, Fault>,
    ) -> Result<Option<Chunk>, Fault> {
        let shared = {
            let mut state = lock(&self.state);
            state.clock += 1;
            let now = state.clock;
            let slot = state.slots.entry(key).or_default();
            slot.last_use = now;
            slot.chunk.clone()
        };
        let mut chunk = lock(&shared);
        if let Some(chunk) = &*chunk {
            return Ok(Some(chunk.clone()));
        }
        let decoded = decode();
        let mut state = lock(&self.state);
        match decoded {
            Ok(Some(bytes)) => {
                let bytes = Arc::new(bytes);
                *chunk = Some(bytes.clone());
                state.keep(key, bytes.len(), self.budget);
                Ok(Some(bytes))
            }
            other => {
                state.slots.remove(&key);
                other.map(|_| None)
            }
        }
    }
}

impl State {
    /// Counts a new chunk. If the budget is exceeded, drops the least recently used chunks until a
    /// quarter of the budget is free.
    fn keep(&mut self, key: Key, bytes: usize, budget: usize) {
        // The slot is gone if others were decoded meanwhile; then the chunk is not kept.
        let Some(slot) = self.slots.get_mut(&key) else {
            return;
        };
        self.bytes += bytes - slot.bytes;
        slot.bytes = bytes;
        if self.bytes <= budget {
            return;
        }
        let mut by_use: Vec<(u64, Key)> = self
            .slots
            .iter()
            .filter(|&(&other, slot)| other != key && slot.bytes > 0)
            .map(|(&other, slot)| (slot.last_use, other))
            .collect();
        by_use.sort_unstable();
        for (_, old) in by_use {
            if self.bytes <= budget / 4 * 3 {
                break;
            }
            if let Some(slot) = self.slots.remove(&old) {
                self.bytes -= slot.bytes;
            }
        }
    }
}

/// What a lock guards is whole at any time, so a panic elsewhere does not matter.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
