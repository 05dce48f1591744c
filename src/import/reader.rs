//! A catalogue file as a stream of lines, unpacked and parsed on a thread of its own.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use flate2::read::MultiGzDecoder;
use tokio::sync::mpsc::Sender;

use super::line::{Header, Line};

/// A line by its number, as it was understood.
pub type Numbered = (u64, Result<Line, String>);

/// No honest line is longer; a file without line ends must not fill the memory.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;
const LINES_AT_ONCE: usize = 256;
const BUFFER: usize = 256 * 1024;

/// An open file, behind its header.
pub struct Reader {
    lines: Box<dyn BufRead + Send>,
    number: u64,
    buffer: Vec<u8>,
    pub header: Header,
    /// How much of the file has been read, packed as it is.
    pub position: Arc<AtomicU64>,
    pub size: u64,
}

impl Reader {
    /// Opens a file and reads its header. What does not begin as a catalogue is refused whole.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let file = File::open(path).with_context(|| format!("{name} cannot be opened"))?;
        let size = file.metadata()?.len();
        let position = Arc::new(AtomicU64::new(0));
        let counted = BufReader::with_capacity(BUFFER, Counted { file, position: Arc::clone(&position) });
        let mut lines: Box<dyn BufRead + Send> = if path.extension().is_some_and(|ending| ending == "gz") {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(counted)))
        } else {
            Box::new(counted)
        };
        let mut buffer = Vec::new();
        next(&mut *lines, &mut buffer).with_context(|| format!("{name} cannot be read"))?;
        let header = match Line::parse(&buffer) {
            Ok(Line::Header(header)) => header.check().map(|()| header),
            Ok(_) => Err("line 1 is no header".to_owned()),
            Err(reason) => Err(format!("line 1 is no header: {reason}")),
        };
        let header = header.map_err(|reason| anyhow::anyhow!("{name} is no catalogue: {reason}"))?;
        Ok(Self { lines, number: 1, buffer, header, position, size })
    }

    /// Hands on all lines, some at a time, until the file ends or nobody listens.
    pub fn read_into(mut self, lines: &Sender<Vec<Numbered>>) -> anyhow::Result<()> {
        let mut some = Vec::with_capacity(LINES_AT_ONCE);
        loop {
            self.number += 1;
            let at = self.number;
            let found = next(&mut *self.lines, &mut self.buffer)
                .with_context(|| format!("the file cannot be read from line {at} on"))?;
            let ended = matches!(found, Found::End);
            match found {
                Found::Line if !self.buffer.trim_ascii().is_empty() => {
                    some.push((at, Line::parse(self.buffer.trim_ascii_end())));
                }
                Found::TooLong => some.push((at, Err(format!("longer than {LONGEST_LINE} bytes")))),
                Found::Line | Found::End => {}
            }
            if some.len() == LINES_AT_ONCE || ended {
                let unheard = lines.blocking_send(std::mem::take(&mut some)).is_err();
                if ended || unheard {
                    return Ok(());
                }
            }
        }
    }
}

enum Found {
    Line,
    TooLong,
    End,
}

/// The next line, without its end.
fn next(lines: &mut dyn BufRead, buffer: &mut Vec<u8>) -> io::Result<Found> {
    buffer.clear();
    let read = lines.take(LONGEST_LINE).read_until(b'\n', buffer)?;
    if read == 0 {
        return Ok(Found::End);
    }
    if buffer.last() != Some(&b'\n') && buffer.len() as u64 == LONGEST_LINE {
        skip_line(lines)?;
        return Ok(Found::TooLong);
    }
    Ok(Found::Line)
}

fn skip_line(lines: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let ahead = lines.fill_buf()?;
        let (used, ended) = match ahead.iter().position(|&byte| byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (ahead.len(), ahead.is_empty()),
        };
        lines.consume(used);
        if ended {
            return Ok(());
        }
    }
}

struct Counted {
    file: File,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
