//! What `up` tells the person who started it.

use web_bff::demo::Account;

use super::plan::Plan;
use crate::console::say;

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

/// Says loudly what strangers can do.
pub fn warn(dangers: &[String]) {
    if dangers.is_empty() {
        return;
    }
    say("  WARNING: this shop is not closed to strangers. They can");
    for danger in dangers {
        say(&format!("  - {danger}"));
    }
    say("");
}

fn row(name: &str, value: &str) {
    say(&format!("  {name:<14} {value}"));
}

/// Where a server is, without what stands before an `@` or behind a `?`: either may hold a password.
fn shown_without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{}", without_query(host)),
        _ => without_query(url).to_owned(),
    }
}

fn without_query(text: &str) -> &str {
    text.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::shown_without_password;

    #[test]
    fn a_server_is_shown_without_its_password() {
        for (url, shown) in [
            ("unix:///a/redis.sock", "unix:///a/redis.sock"),
            ("unix:///a/redis.sock?user=a&pass=hunter2", "unix:///a/redis.sock"),
            ("rediss://mercato:hunter2@redis.example:6380/1", "rediss://…@redis.example:6380/1"),
            ("redis://:hun@ter2@redis.example", "redis://…@redis.example"),
        ] {
            assert_eq!(shown_without_password(url), shown);
        }
    }
}
