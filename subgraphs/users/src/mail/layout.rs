//! How a mail looks: as plain text, and as HTML that asks nothing of whoever shows it.

/// What a link does, and where it leads.
type Link = (String, String);

/// A line of plain text (RFC 3676 advises 78 at most).
const WIDTH: usize = 76;

pub fn text(paragraphs: &[String], link: Option<&Link>, farewell: &str) -> String {
    let mut parts: Vec<String> = paragraphs.iter().map(|paragraph| wrapped(paragraph)).collect();
    if let Some((label, address)) = link {
        parts.insert(1.min(parts.len()), format!("{label}:\n{address}"));
    }
    parts.push(farewell.to_owned());
    let mut text = parts.join("\n\n");
    text.push('\n');
    text
}

pub fn html(language: &str, title: &str, paragraphs: &[String], link: Option<&Link>, farewell: &str) -> String {
    let mut parts: Vec<String> =
        paragraphs.iter().map(|paragraph| format!("<p style=\"margin:0 0 16px\">{}</p>", escaped(paragraph))).collect();
    if let Some((label, address)) = link {
        let button = format!(
            "<p style=\"margin:24px 0\"><a href=\"{}\" style=\"display:inline-block;padding:12px 20px;\
             border-radius:6px;background:#1f5c4d;color:#faf8f3;text-decoration:none\">{}</a></p>",
            escaped(address),
            escaped(label)
        );
        parts.insert(1.min(parts.len()), button);
    }
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body style=\"margin:0;padding:32px 16px;background:#faf8f3;color:#1d2622;font:16px/1.5 sans-serif\">\n\
         <div style=\"max-width:520px;margin:0 auto\">\n{}\n<p style=\"margin:32px 0 0;color:#56615b\">{}</p>\n\
         </div></body></html>\n",
        escaped(title),
        parts.join("\n"),
        escaped(farewell)
    )
}

fn wrapped(paragraph: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
