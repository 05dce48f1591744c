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
        .use_space_ident()
        .indent_width(2);
    let text = schema.sdl_with_options(options);
    let kept: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !declares_a_builtin(line)).collect();
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

fn declares_a_builtin(line: &str) -> bool {
    ["directive @skip", "directive @include", "directive @deprecated", "directive @specifiedBy", "directive @oneOf"]
        .iter()
        .any(|builtin| line.starts_with(builtin))
}
