//! Which of the names of a schema somebody may have meant.

use strsim::damerau_levenshtein;

/// How many guesses are told.
const TOLD: usize = 3;
/// Longer than any name of a schema. What is longer was not meant to be one, and would be long to compare.
const LONGEST: usize = 64;

/// "Did you mean …?" with those names that are close to what was written, the closest first; nothing where none is.
pub fn guess<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> String {
    if written.len() > LONGEST {
        return String::new();
    }
    // As graphql-js has it: two letters in five may be wrong, and one always.
    let most = written.chars().count() * 2 / 5 + 1;
    let lower = written.to_lowercase();
    let distance = |name: &str| damerau_levenshtein(&lower, &name.to_lowercase());
    let mut close: Vec<_> = known.map(|name| (distance(name), name)).filter(|(far, _)| *far <= most).collect();
    close.sort();
    // Beside a name that is almost certainly meant, no other is suggested.
    let closest = close.first().map_or(0, |(far, _)| *far);
    close.retain(|(far, _)| *far <= closest + 1);
    close.truncate(TOLD);
    let names: Vec<_> = close.into_iter().map(|(_, name)| format!("`{name}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => format!(" Did you mean {only}?"),
        Some((last, others)) => format!(" Did you mean {} or {last}?", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_names_come_first_and_far_ones_not_at_all() {
        let known = ["title", "titles", "slug", "id", "NEWEST", "description"];
        for (written, guessed) in [
            ("titel", " Did you mean `title` or `titles`?"),
            ("newest", " Did you mean `NEWEST`?"),
            ("descripton", " Did you mean `description`?"),
            ("weather", ""),
            (&"t".repeat(70), ""),
        ] {
            assert_eq!(guess(written, known.into_iter()), guessed, "{written}");
        }
    }
}
