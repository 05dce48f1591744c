//! What commands say to the person who runs them.

use std::io::Write;

/// Says a line to whoever still listens. A reader that has gone must not stop a shop on its way to stopping well.
pub fn say(line: &str) {
    let _nobody_listens = writeln!(std::io::stdout(), "{line}");
}
