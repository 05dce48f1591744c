//! A schema as text, the way a composer wants it.

use async_graphql::{ObjectType, SDLExportOptions, Schema, SubscriptionType};

/// The federation SDL of a subgraph, sorted so that two builds give one text.
///
/// The export declares `@skip` and `@include`; every router declares them too and refuses to start on a second one.
pub fn export<Q, M, S>(schema: &Schema<Q, M, S>) -> String
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let options = SDLExportOptions::new()
        .federation()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .compose_directive()
        .include_specified_by()
        .use_space_ident()
        .indent_width(2);
    let text = schema.sdl_with_options(options);
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if declares_a_builtin(line) {
            drop_description(&mut kept);
        } else {
            kept.push(line);
        }
    }
    let mut sdl = String::new();
    let mut blank_before = true;
    for line in kept {
        let blank = line.is_empty();
        if !(blank && blank_before) {
            sdl.push_str(line);
            sdl.push('\n');
        }
        blank_before = blank;
    }
    sdl.truncate(sdl.trim_end().len());
    sdl.push('\n');
    sdl
}

/// What stood above a declaration that is left out would otherwise describe whatever comes next.
fn drop_description(lines: &mut Vec<&str>) {
    if lines.pop_if(|last| *last == "\"\"\"").is_some() {
        while lines.pop().is_some_and(|line| line != "\"\"\"") {}
    }
}

fn declares_a_builtin(line: &str) -> bool {
    ["directive @skip", "directive @include", "directive @deprecated", "directive @specifiedBy", "directive @oneOf"]
        .iter()
        .any(|builtin| line.starts_with(builtin))
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object};

    use super::*;

    struct Query;

    #[Object]
    impl Query {
        /// What is said.
        async fn word(&self) -> &str {
            "hello"
        }
    }

    #[test]
    fn what_is_left_out_leaves_no_description_behind() {
        let sdl = export(&Schema::build(Query, EmptyMutation, EmptySubscription).enable_federation().finish());
        assert!(!sdl.contains("directive @skip") && !sdl.contains("Directs the executor"), "{sdl}");
        assert!(sdl.contains("What is said."), "{sdl}");
    }
}
