//! What `up` tells the person who started it.

use std::io::Write;

use web_bff::demo::Account;

use super::plan::Plan;

/// Says a line to whoever still listens. A reader that has gone must not stop a shop on its way to stopping well.
pub fn say(line: &str) {
    let _nobody_listens = writeln!(std::io::stdout(), "{line}");
}

pub fn print(plan: &Plan, accounts: &[Account]) {
    say("");
    let processes = plan.subgraphs.iter().chain([&plan.router]);
    for process in processes {
        if let Some(address) = process.address {
            row(&process.name, &format!("http://{address}/"));
        }
    }
    row("redis", &shown_without_password(&plan.redis_url));
    row("logs", &plan.logs.display().to_string());
    row("GraphQL", &format!("http://{}/graphql", plan.shop));
    row("GraphiQL", &format!("http://{}/graphiql", plan.shop));
    if plan.mail.is_some() && !accounts.is_empty() {
        row("mail", &format!("http://{}/dev/mail", plan.shop));
    }
    for account in accounts {
        row(account.label, &format!("{} / {}", account.email, account.password));
    }
    say("");
}

fn row(name: &str, value: &str) {
    say(&format!("  {name:<14} {value}"));
}

fn shown_without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}
