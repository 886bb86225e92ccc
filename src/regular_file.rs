//! Opens and reads regular files without blocking.
//!
//! The open of a FIFO blocks until a process writes to it, and a read of a device may never end. So a file is opened
//! without blocking, and anything but a regular file is refused.

use std::fs::File;
use std::fs::FileType;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Opens a regular file for reading.
///
/// # Errors
/// If it cannot be opened, or is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(OpenOptions::new().read(true), path)
}

/// Opens a regular file with these options.
///
/// # Errors
/// If it cannot be opened, or is not a regular file.
pub fn open_with(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let opened = options
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path);
    let file = match opened {
        // A socket, or a FIFO that is opened for writing.
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
            return Err(not_regular(std::fs::metadata(path)?.file_type()));
        }
        opened => opened?,
    };
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        Ok(file)
    } else {
        Err(not_regular(kind))
    }
}

/// Returns the content of a regular file.
///
/// # Errors
/// If it cannot be read, is not a regular file, or is larger than `most` bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let why = format!("larger than {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// Returns the text in a regular file.
///
/// # Errors
/// Those of [`read`], and if the content is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let text = String::from_utf8(read(path, most)?);
    text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn not_regular(kind: FileType) -> io::Error {
    let kind = match kind {
        kind if kind.is_dir() => "a directory",
        kind if kind.is_fifo() => "a FIFO",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    };
    let why = format!("it is {kind}, not a regular file");
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    fn refusal(path: &Path) -> String {
        read(path, 100).expect_err("an error").to_string()
    }

    #[test]
    fn only_regular_files_are_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("file"), "text").expect("written");
        assert_eq!(read_text(&path("file"), 4).expect("a text"), "text");
        assert_eq!(
            read(&path("file"), 3).expect_err("an error").to_string(),
            "larger than 3 bytes"
        );
        let made = Command::new("mkfifo").arg(path("fifo")).status();
        assert!(made.expect("mkfifo runs").success());
        assert_eq!(refusal(&path("fifo")), "it is a FIFO, not a regular file");
        let writing = open_with(OpenOptions::new().append(true), &path("fifo"));
        let error = writing.expect_err("an error").to_string();
        assert_eq!(error, "it is a FIFO, not a regular file");
        let _listener = UnixListener::bind(path("socket")).expect("bound");
        assert_eq!(
            refusal(&path("socket")),
            "it is a socket, not a regular file"
        );
        assert_eq!(
            refusal(directory.path()),
            "it is a directory, not a regular file"
        );
        assert_eq!(
            refusal(Path::new("/dev/zero")),
            "it is a device, not a regular file"
        );
        let missing = read(&path("missing"), 1).expect_err("an error");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
