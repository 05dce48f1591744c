//! What a mail says, before it is laid out.

/// What a mail says.
pub struct Words {
    pub subject: String,
    pub paragraphs: Vec<String>,
    /// What the link does. Stands after the first paragraph.
    pub action: Option<String>,
    pub farewell: String,
}

impl Words {
    pub fn new(subject: impl Into<String>, farewell: impl Into<String>) -> Self {
        Self { subject: subject.into(), paragraphs: Vec::new(), action: None, farewell: farewell.into() }
    }

    pub fn say(mut self, paragraph: impl Into<String>) -> Self {
        self.paragraphs.push(paragraph.into());
        self
    }

    pub fn action(mut self, label: &str) -> Self {
        self.action = Some(label.to_owned());
        self
    }
}
