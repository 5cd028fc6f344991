//! A least-recently-used map bounded by the weight of its values rather than by their number.

use std::hash::Hash;

use lru::LruCache;

/// Forgets the values used longest ago when the sum of weights exceeds the budget.
pub(crate) struct WeightedLru<K: Hash + Eq, V> {
    entries: LruCache<K, (V, u64)>,
    weight: u64,
    budget: u64,
}

impl<K: Hash + Eq + Clone, V> WeightedLru<K, V> {
    pub(crate) fn new(budget: u64) -> Self {
        Self {
            entries: LruCache::unbounded(),
            weight: 0,
            budget,
        }
    }

    /// The value, which is then the most recently used one.
    pub(crate) fn get(&mut self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(value, _)| value)
    }

    /// Adds or replaces a value and returns the keys that had to go, the new one too when it alone is too heavy.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: u64) -> Vec<K> {
        self.remove(&key);
        self.weight = self.weight.saturating_add(weight);
        self.entries.put(key, (value, weight));
        let mut gone = Vec::new();
        while self.weight > self.budget {
            let Some((key, (_, weight))) = self.entries.pop_lru() else {
                break;
            };
            self.weight = self.weight.saturating_sub(weight);
            gone.push(key);
        }
        gone
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let (value, weight) = self.entries.pop(key)?;
        self.weight = self.weight.saturating_sub(weight);
        Some(value)
    }

    #[cfg(test)]
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_least_recently_used_beyond_its_budget() {
        let mut lru = WeightedLru::new(10);
        assert!(lru.insert("a", 1, 4).is_empty());
        assert!(lru.insert("b", 2, 4).is_empty());
        assert_eq!(lru.get(&"a"), Some(&1));
        assert_eq!(lru.insert("c", 3, 4), ["b"]);
        assert_eq!(lru.weight(), 8);
        assert_eq!(lru.insert("huge", 4, 11), ["a", "c", "huge"]);
        assert_eq!(lru.weight(), 0);
    }

    #[test]
    fn replacing_a_value_frees_its_old_weight() {
        let mut lru = WeightedLru::new(10);
        lru.insert("a", 1, 9);
        assert!(lru.insert("a", 2, 3).is_empty());
        assert_eq!((lru.weight(), lru.remove(&"a")), (3, Some(2)));
        assert_eq!(lru.weight(), 0);
    }
}
