//! Makes a case with a difference small: takes away files, runs of lines and single lines while the difference stays.

use crate::case::Case;

/// Tries of one shrinking.
const MAX_TRIES: usize = 1_500;

/// The smallest case found for which `differs` still holds.
pub fn shrink(case: &Case, differs: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut best = case.clone();
    let mut tries = 0;
    loop {
        let before = size(&best);
        shrink_files(&mut best, differs, &mut tries);
        for at in 0..best.files.len() {
            shrink_lines(&mut best, at, differs, &mut tries);
        }
        if size(&best) == before || tries > MAX_TRIES {
            return best;
        }
    }
}

fn size(case: &Case) -> usize {
    case.files
        .iter()
        .map(|(path, bytes)| path.len() + bytes.len())
        .sum()
}

fn shrink_files(best: &mut Case, differs: &mut dyn FnMut(&Case) -> bool, tries: &mut usize) {
    let mut at = 0;
    while at < best.files.len() {
        let mut candidate = best.clone();
        candidate.files.remove(at);
        *tries += 1;
        if differs(&candidate) {
            *best = candidate;
        } else {
            at += 1;
        }
    }
}

fn shrink_lines(best: &mut Case, file: usize, differs: &mut dyn FnMut(&Case) -> bool, tries: &mut usize) {
    let mut run = best.files[file].1.split_inclusive(|byte| *byte == b'\n').count() / 2;
    while run > 0 {
        let mut at = 0;
        loop {
            let lines: Vec<&[u8]> = best.files[file]
                .1
                .split_inclusive(|byte| *byte == b'\n')
                .collect();
            if at >= lines.len() || *tries > MAX_TRIES {
                break;
            }
            let rest = &lines[(at + run).min(lines.len())..];
            let kept: Vec<u8> = lines[..at]
                .iter()
                .chain(rest)
                .copied()
                .flatten()
                .copied()
                .collect();
            let mut candidate = best.clone();
            candidate.files[file].1 = kept;
            *tries += 1;
            if differs(&candidate) {
                *best = candidate;
            } else {
                at += run;
            }
        }
        run /= 2;
    }
}
