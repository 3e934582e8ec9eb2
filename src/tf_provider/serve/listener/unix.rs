//! Unix socket in a private directory that only this user can access.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;
use uuid::Uuid;

use super::group;
use crate::tf_provider::serve::environment::Environment;
use crate::tf_provider::serve::error::Error;
use crate::tf_provider::serve::handshake::Address;

/// Connection with a peer.
pub(in super::super) type Stream = tokio::net::UnixStream;

/// Maximum length of the path, in bytes. The limits of the systems are 107 (Linux) and 103 (macOS).
const LONGEST_PATH: usize = 100;
/// Directory for the socket if the path would be too long elsewhere.
const FALLBACK: &str = "/tmp";
/// ID of the root user, which has all permissions anyway.
const ROOT: u32 = 0;

/// Socket that is removed, with its directory, when this value is dropped.
#[derive(Debug)]
pub(in super::super) struct Listener {
    socket: UnixListener,
    // Dropped after the socket.
    place: SocketDirectory,
    /// User whose processes can connect, or `None` if the group of the socket decides.
    only: Option<u32>,
}

impl Listener {
    /// Listens in `PLUGIN_UNIX_SOCKET_DIR`, or else in the directory for temporary files. Requires
    /// the runtime.
    ///
    /// `PLUGIN_UNIX_SOCKET_GROUP` opens the socket to a group. Its members can then connect, and
    /// without TLS they are served.
    pub(in super::super) fn bind(environment: &impl Environment) -> Result<Self, Error> {
        let group = environment.text("PLUGIN_UNIX_SOCKET_GROUP");
        let group = group.map(|name| group::id(&name).ok_or(Error::UnknownGroup(name)));
        let group = group.transpose()?;
        let folder = match environment.text("PLUGIN_UNIX_SOCKET_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => std::env::temp_dir(),
        };
        let place =
            SocketDirectory::make(&folder).map_err(|source| Error::Folder { folder, source })?;
        let failed = |source| Error::Listen { address: place.text.clone(), source };
        let socket = UnixListener::bind(&place.socket).map_err(failed)?;
        let owner = place.grant_group(group).map_err(failed)?;
        Ok(Self { socket, place, only: group.is_none().then_some(owner) })
    }

    /// Returns the address for the handshake.
    pub(in super::super) fn address(&self) -> Address {
        Address { network: "unix", place: self.place.text.clone() }
    }

    /// Returns the next peer that is allowed to connect.
    ///
    /// # Errors
    /// Returns an error if the peer belongs to another user, or if the system cannot accept another
    /// connection.
    pub(in super::super) async fn accept(&self) -> io::Result<Stream> {
        let (stream, _) = self.socket.accept().await?;
        if let Some(owner) = self.only {
            // The directory already excludes other users. This check also works on a file system
            // that ignores permissions.
            let peer = stream.peer_cred()?.uid();
            if peer != owner && peer != ROOT {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!("the peer runs as user {peer} and this process as {owner}"),
                ));
            }
        }
        Ok(stream)
    }
}

/// Directory, and the path of the socket in it.
#[derive(Debug)]
struct SocketDirectory {
    folder: PathBuf,
    socket: PathBuf,
    /// Path of the socket, as written into the handshake.
    text: String,
}

impl SocketDirectory {
    /// Creates a new directory in `parent`, or in the fallback directory if the path does not fit
    /// into the handshake.
    fn make(parent: &Path) -> io::Result<Self> {
        let parent = std::path::absolute(parent)?;
        let name = format!("plugin{}", Uuid::new_v4().simple());
        let fits = |parent: &Path| {
            let folder = parent.join(&name);
            let socket = folder.join("socket");
            let text = socket.to_str().filter(|text| fits_the_handshake(text))?.to_owned();
            Some(Self { folder, socket, text })
        };
        let place = fits(&parent).or_else(|| fits(Path::new(FALLBACK)));
        let place = place.ok_or(io::ErrorKind::InvalidFilename)?;
        // Fails if the name exists, so another user cannot prepare the directory.
        DirBuilder::new().mode(0o700).create(&place.folder)?;
        Ok(place)
    }

    /// Grants access to a group, if there is one. Returns the ID of the owner.
    fn grant_group(&self, group: Option<u32>) -> io::Result<u32> {
        if let Some(group) = group {
            chown(&self.socket, None, Some(group))?;
            fs::set_permissions(&self.socket, Permissions::from_mode(0o660))?;
            chown(&self.folder, None, Some(group))?;
            fs::set_permissions(&self.folder, Permissions::from_mode(0o710))?;
        } else {
            fs::set_permissions(&self.socket, Permissions::from_mode(0o600))?;
        }
        Ok(fs::metadata(&self.folder)?.uid())
    }
}

impl Drop for SocketDirectory {
    fn drop(&mut self) {
        // A file that cannot be removed is harmless, and nothing can report the error.
        drop(fs::remove_file(&self.socket));
        drop(fs::remove_dir(&self.folder));
    }
}

/// Reports whether Terraform can read the path from the line and connect to it.
fn fits_the_handshake(path: &str) -> bool {
    path.len() <= LONGEST_PATH && !path.contains(|c: char| c == '|' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn socket_is_accessible_to_owner_only() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().to_str().unwrap();
        let listener = Listener::bind(&[("PLUGIN_UNIX_SOCKET_DIR", folder)]).unwrap();
        assert!(listener.address().place.starts_with(folder));
        assert_eq!((mode(&listener.place.folder), mode(&listener.place.socket)), (0o700, 0o600));
        assert_eq!(listener.only, Some(fs::metadata(parent.path()).unwrap().uid()));
    }

    #[tokio::test]
    async fn socket_group_can_be_configured() {
        let parent = tempfile::tempdir().unwrap();
        let gid = fs::metadata(parent.path()).unwrap().gid().to_string();
        let listener = Listener::bind(&[
            ("PLUGIN_UNIX_SOCKET_DIR", parent.path().to_str().unwrap()),
            ("PLUGIN_UNIX_SOCKET_GROUP", &gid),
        ])
        .unwrap();
        assert_eq!((mode(&listener.place.folder), mode(&listener.place.socket)), (0o710, 0o660));
        assert_eq!(listener.only, None);
    }

    #[tokio::test]
    async fn unknown_socket_group_is_rejected() {
        let refused = Listener::bind(&[("PLUGIN_UNIX_SOCKET_GROUP", "no such group")]);
        assert!(matches!(refused, Err(Error::UnknownGroup(name)) if name == "no such group"));
    }

    #[tokio::test]
    async fn dropped_listener_removes_socket_directory() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().to_str().unwrap();
        drop(Listener::bind(&[("PLUGIN_UNIX_SOCKET_DIR", folder)]).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn unusable_socket_path_uses_fallback_directory() {
        for parent in [format!("/tmp/{}", "x".repeat(60)), "/tmp/a|b".into(), "/tmp/a\nb".into()] {
            let place = SocketDirectory::make(Path::new(&parent)).unwrap();
            assert_eq!(place.folder.parent(), Some(Path::new(FALLBACK)), "{parent}");
        }
    }
}
