//! One source of configuration, with what its files hold in the place of their names.

use std::path::Path;

use figment::providers::Env;
use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};

use super::Keys;

/// Longer files are no secret of anybody's.
const LONGEST: u64 = 64 * 1024;

/// What one source says. A secret that another source gives is replaced whole, whichever of its two forms it has there.
pub struct Layer {
    metadata: Metadata,
    said: Dict,
}

impl Layer {
    pub fn new(metadata: Metadata, mut said: Map<Profile, Dict>, keys: Keys) -> anyhow::Result<Self> {
        let mut said = said.remove(&Profile::Default).unwrap_or_default();
        for (former, name) in keys.renamed {
            rename(&mut said, former, name)?;
        }
        for secret in keys.secrets {
            let path: Vec<&str> = secret.split('.').collect();
            read_secret(&mut said, &path, secret)?;
        }
        Ok(Self { metadata, said })
    }

    /// The environment. A secret is text there whatever it looks like: `0123` is no number, `[` opens no list.
    pub fn of_environment(environment: &Env, keys: Keys) -> anyhow::Result<Self> {
        let mut said = environment.data()?;
        let dict = said.entry(Profile::Default).or_default();
        for (name, text) in environment.iter() {
            let name = name.as_str().to_ascii_lowercase();
            if keys.secrets.contains(&name.strip_suffix("_file").unwrap_or(&name)) {
                put(dict, &name, Value::from(text));
            }
        }
        Self::new(environment.metadata(), said, keys)
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.said.clone()))
    }
}

/// Puts what a `_file` names in the place of the secret itself.
fn read_secret(said: &mut Dict, path: &[&str], shown: &str) -> anyhow::Result<()> {
    let Some((head, rest)) = path.split_first() else { return Ok(()) };
    if !rest.is_empty() {
        return match said.get_mut(*head) {
            Some(Value::Dict(_, section)) => read_secret(section, rest, shown),
            Some(Value::Array(_, elements)) => elements.iter_mut().try_for_each(|element| match element {
                Value::Dict(_, section) => read_secret(section, rest, shown),
                _ => Ok(()),
            }),
            _ => Ok(()),
        };
    }
    let named = match said.remove(&format!("{head}_file")) {
        None => None,
        Some(Value::String(_, file)) => Some(file).filter(|file| !file.is_empty()),
        Some(_) => anyhow::bail!("configuration: `{shown}_file` is the path of a file, in quotes"),
    };
    if let Some(file) = named {
        anyhow::ensure!(
            !said.contains_key(*head),
            "configuration: `{shown}` and `{shown}_file` are both given: leave one of them out"
        );
        said.insert((*head).to_owned(), Value::from(content(shown, Path::new(&file))?));
    }
    // What it is instead may be the secret without its quotes, so it is not shown.
    let is_text = said.get(*head).is_none_or(|value| matches!(value, Value::String(..)));
    anyhow::ensure!(is_text, "configuration: `{shown}` is a text: put it in quotes");
    Ok(())
}

/// What a file holds, without the line break at its end.
fn content(shown: &str, file: &Path) -> anyhow::Result<String> {
    let failed = |cause: &dyn std::fmt::Display| {
        anyhow::anyhow!("configuration: `{shown}_file` names {}, which cannot be read: {cause}", file.display())
    };
    let size = std::fs::metadata(file).map_err(|cause| failed(&cause))?.len();
    anyhow::ensure!(size <= LONGEST, failed(&format!("it is longer than {LONGEST} bytes")));
    let bytes = std::fs::read(file).map_err(|cause| failed(&cause))?;
    let text = String::from_utf8(bytes).map_err(|_unshown| failed(&"it is no UTF-8"))?;
    let text = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&text);
    anyhow::ensure!(!text.is_empty(), failed(&"it is empty"));
    Ok(text.to_owned())
}

/// Moves what is said under a former name.
fn rename(said: &mut Dict, former: &str, name: &str) -> anyhow::Result<()> {
    let Some(value) = take(said, former) else { return Ok(()) };
    let both = take(said, name);
    anyhow::ensure!(
        both.is_none(),
        "configuration: `{former}` is the former name of `{name}`, and both are given: leave `{former}` out"
    );
    put(said, name, value);
    Ok(())
}

fn take(said: &mut Dict, name: &str) -> Option<Value> {
    match name.split_once('.') {
        None => said.remove(name),
        Some((section, rest)) => match said.get_mut(section) {
            Some(Value::Dict(_, section)) => take(section, rest),
            _ => None,
        },
    }
}

fn put(said: &mut Dict, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            said.insert(name.to_owned(), value);
        }
        Some((section, rest)) => {
            let section = said.entry(section.to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, section) = section {
                put(section, rest, value);
            }
        }
    }
}
