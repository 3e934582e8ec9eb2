//! The file in which an organization lives on between two runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::org::Content;

/// Changes when the file's form does.
const FORMAT: u32 = 1;

/// A state file, written whole after each change: into a second file beside it, which then takes
/// its place, so a sandbox that is killed leaves the old one or the new one. (No waiting for the
/// disk: a sandbox need not survive a power cut, and would be slow.) Only the owner may read it: it holds
/// the secrets of the service accounts, which are needed to recognise them.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// Version of the organization that is in the file. Held while writing, so that writers take
    /// turns; one who waited often finds that somebody else kept the change already.
    kept: Mutex<Option<u64>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    organization: String,
    content: Content,
}

impl StateFile {
    /// The file at this path, which need not exist.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, kept: Mutex::new(None) }
    }

    /// Reads the file; `None` when there is none. A file of another organization is an error.
    pub(crate) fn load(&self, organization: &str) -> io::Result<Option<Content>> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.nothing_yet(),
            Err(error) => return Err(self.trouble(&error.to_string())),
        };
        let document: Document = serde_json::from_slice(&text).map_err(|error| {
            self.trouble(&format!(
                "it is not a state file of the sandbox: {error}; use another file"
            ))
        })?;
        if document.format != FORMAT {
            let found = document.format;
            return Err(self.trouble(&format!(
                "it has format {found}, this sandbox has {FORMAT}; use another file"
            )));
        }
        if document.organization != organization {
            let found = document.organization;
            return Err(self.trouble(&format!(
                "it belongs to organization {found:?}, not {organization:?}; use another file"
            )));
        }
        Ok(Some(document.content))
    }

    /// There is no file. It will be written, so its folder has to be there.
    fn nothing_yet<T>(&self) -> io::Result<Option<T>> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_none_or(Path::is_dir) {
            return Ok(None);
        }
        Err(self.trouble("its directory does not exist; create it, or use another file"))
    }

    /// Writes what `look` sees. `look` is told the version in the file and answers `None` when
    /// there is no other.
    pub(crate) async fn keep(
        &self,
        look: impl FnOnce(Option<u64>) -> Option<(u64, String, Content)>,
    ) -> io::Result<()> {
        let mut kept = self.kept.lock().await;
        let Some((version, organization, content)) = look(*kept) else { return Ok(()) };
        let document = Document { format: FORMAT, organization, content };
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || write(&path, &document)).await;
        written.map_err(io::Error::other)??;
        *kept = Some(version);
        Ok(())
    }

    fn trouble(&self, what: &str) -> io::Error {
        let path = self.path.display();
        io::Error::other(format!("invalid state file {path}: {what}"))
    }
}

fn write(path: &Path, document: &Document) -> io::Result<()> {
    let text = serde_json::to_vec(document)?;
    let beside = beside(path);
    let written = create_private(&beside)
        .and_then(|mut file| file.write_all(&text))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Nothing more can be done about a leftover than to say what went wrong first.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", Uuid::new_v4().simple()));
    path.with_file_name(name)
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn keep(file: &StateFile, version: u64) {
        let look =
            |kept| (kept != Some(version)).then(|| (version, "sandbox".into(), Content::default()));
        file.keep(look).await.unwrap();
    }

    #[tokio::test]
    async fn state_file_restores_and_leaves_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("state.json"));
        assert!(file.load("sandbox").unwrap().is_none());
        keep(&file, 1).await;
        keep(&file, 2).await;
        assert!(file.load("sandbox").unwrap().is_some());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn state_file_is_readable_by_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        keep(&StateFile::new(path.clone()), 1).await;
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn unchanged_state_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let file = StateFile::new(path.clone());
        keep(&file, 1).await;
        fs::remove_file(&path).unwrap();
        keep(&file, 1).await;
        assert!(!path.exists());
        keep(&file, 2).await;
        assert!(path.exists());
    }

    #[test]
    fn unwritable_state_file_fails_at_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("missing/state.json"));
        let error = file.load("sandbox").unwrap_err().to_string();
        assert!(error.contains("directory does not exist"), "{error}");
        assert!(StateFile::new("no-such-state.json".into()).load("sandbox").unwrap().is_none());
    }

    #[tokio::test]
    async fn foreign_state_file_is_rejected_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let file = StateFile::new(path.clone());
        fs::write(&path, "{}").unwrap();
        let error = file.load("sandbox").unwrap_err().to_string();
        assert!(error.contains("state.json") && error.contains("not a state file"), "{error}");
        keep(&file, 1).await;
        let error = file.load("other").unwrap_err().to_string();
        assert!(error.contains("\"sandbox\", not \"other\""), "{error}");
    }
}
