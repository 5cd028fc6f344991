//! Equality of trees by value: positions and styles do not count, the order of keys does not either.

use super::{Kind, Node};

impl Node {
    /// True when both trees hold the same values of the same types. Duplicate keys are compared pair by pair in order.
    pub fn equal_value(&self, other: &Node) -> bool {
        if self.kind != other.kind {
            return false;
        }
        match self.kind {
            Kind::Scalar => {
                let tag = self.short_tag();
                tag == other.short_tag() && (tag == super::Tag::Null || self.value == other.value)
            }
            Kind::Sequence => equal_lists(&self.content, &other.content),
            Kind::Mapping => equal_maps(self, other),
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.equal_value(other)
    }
}

fn equal_lists(left: &[Node], right: &[Node]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a.equal_value(b))
}

fn equal_maps(left: &Node, right: &Node) -> bool {
    if left.content.len() != right.content.len() {
        return false;
    }
    if equal_lists(&left.content, &right.content) {
        return true;
    }
    left.pairs().all(|(key, value)| {
        let mut matches = right.pairs().filter(|(other, _)| key.equal_value(other));
        matches.next().is_some_and(|(_, other)| value.equal_value(other)) && matches.next().is_none()
    })
}
