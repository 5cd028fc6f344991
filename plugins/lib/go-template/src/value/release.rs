//! Ends of values: what is nested a million deep is freed in a loop, since a recursion would overflow a guest's stack.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::Value;
use super::map::Entries;

/// How deep containers are freed within each other.
const NESTED: usize = 32;

/// What a list or a map holds.
pub(super) enum Held {
    List(Rc<Vec<Value>>),
    Map(Rc<RefCell<Entries>>),
}

impl Held {
    fn is_last(&self) -> bool {
        match self {
            Self::List(items) => Rc::strong_count(items) == 1,
            Self::Map(entries) => Rc::strong_count(entries) == 1,
        }
    }
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
}

/// Drops what a list or a map held.
pub(super) fn release(held: Held) {
    if !held.is_last() {
        return;
    }
    let depth = DEPTH.get();
    if depth >= NESTED {
        // Where the thread ends and the queue is gone, it is dropped here.
        let _ = WAITING.try_with(|waiting| waiting.borrow_mut().push(held));
        return;
    }
    DEPTH.set(depth + 1);
    drop(held);
    if depth == 0 {
        while let Some(next) = WAITING.with_borrow_mut(Vec::pop) {
            drop(next);
        }
    }
    DEPTH.set(depth);
}
