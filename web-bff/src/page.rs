//! The frame of the pages that people come to on the way to their account.

const FRAME: &str = include_str!("page.html");

/// A page with this title, which stands in its heading too. `head` and `content` are HTML.
pub fn framed(title: &str, head: &str, content: &str) -> String {
    // What is put in is not looked through again.
    FRAME.replace("{title}", title).replace("{head}", head.trim_end()).replace("{content}", content.trim_end())
}
