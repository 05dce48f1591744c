//! Plain text, and the HTML that shows it.

/// The text as HTML paragraphs. What looks like markup in it is shown, not obeyed.
pub fn to_html(plain: &str) -> String {
    let mut html = String::with_capacity(plain.len() + 16);
    let unix = plain.replace("\r\n", "\n");
    for paragraph in unix.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        html.push_str("<p>");
        for (number, line) in paragraph.lines().enumerate() {
            if number > 0 {
                html.push_str("<br>");
            }
            escape_into(&mut html, line.trim_end());
        }
        html.push_str("</p>");
    }
    html
}

fn escape_into(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            plain => html.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn paragraphs_and_lines_stay_apart() {
        assert_eq!(to_html("One.\r\nTwo.\n\n\n\nThree."), "<p>One.<br>Two.</p><p>Three.</p>");
        assert_eq!(to_html(" \n\n "), "");
    }

    #[test]
    fn a_description_never_brings_markup_of_its_own() {
        assert_eq!(to_html("<script>alert('x')</script>"), "<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</p>");
    }
}
