//! How far an import has come: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where progress is told.
pub struct Progress(Told);

enum Told {
    #[cfg(test)]
    Nowhere,
    Bar(ProgressBar),
    Lines {
        tenths: u64,
    },
}

impl Progress {
    /// A bar if a person is watching, plain lines otherwise.
    pub fn to_stderr() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(Told::Lines { tenths: 0 });
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {elapsed}");
        Self(Told::Bar(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))))
    }

    #[cfg(test)]
    pub fn quiet() -> Self {
        Self(Told::Nowhere)
    }

    pub(super) fn tell(&mut self, position: &Arc<AtomicU64>, size: u64, lines: u64) {
        let read = position.load(Ordering::Relaxed);
        match &mut self.0 {
            #[cfg(test)]
            Told::Nowhere => {}
            Told::Bar(bar) => {
                bar.set_length(size);
                bar.set_position(read);
                bar.set_message(format!("{lines} lines"));
            }
            Told::Lines { tenths } => {
                let now = read * 10 / size.max(1);
                if now > *tenths {
                    *tenths = now;
                    // Nobody may be listening, and the import goes on all the same.
                    let _unheard = writeln!(std::io::stderr(), "{:>3} %, {lines} lines", now * 10);
                }
            }
        }
    }

    pub(super) fn finish(self) {
        if let Told::Bar(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}
