//! `--flags`: one or more paths, before or after the positional arguments of a command.

use std::path::PathBuf;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Args;
use clap::Command;
use clap::FromArgMatches;
use clap::value_parser;

use crate::cli::input::files;

const ID: &str = "flags";

/// The values of `--flags`, by occurrence.
///
/// An option with several values also takes the positional arguments behind it: in `--flags a.yaml b.yaml KEY`, the
/// last value is the key. It is recognized here, because only here the occurrences are known.
#[derive(Debug, Default, Clone)]
pub struct FlagPathArgs {
    occurrences: Vec<Vec<PathBuf>>,
}

impl FlagPathArgs {
    /// All values.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.occurrences.concat()
    }

    /// The key of a flag and the paths. Without `key`, the key is the last value of an occurrence with several values,
    /// unless this value contains flags.
    ///
    /// # Errors
    /// If there is no key.
    pub fn split_key(&self, key: Option<&str>) -> anyhow::Result<(String, Vec<PathBuf>)> {
        if let Some(key) = key {
            return Ok((key.to_owned(), self.paths()));
        }
        let mut rest = self.clone();
        let several = rest.occurrences.iter_mut().filter(|paths| paths.len() > 1);
        let last = several.filter_map(|paths| paths.pop_if(|last| !files::contains_flags(last)));
        let last: Vec<PathBuf> = last.collect();
        match last.as_slice() {
            [key] => Ok((key.to_string_lossy().into_owned(), rest.paths())),
            [] => anyhow::bail!("no flag key given: write it as the first argument"),
            [..] => anyhow::bail!("several flag keys given: write one, as the first argument"),
        }
    }

    /// The flag paths and the paths of source code. Without `given`, the values behind the first one of each occurrence
    /// are source code unless they contain flags.
    pub fn split_source_paths(&self, given: &[PathBuf]) -> (Vec<PathBuf>, Vec<PathBuf>) {
        if !given.is_empty() {
            return (self.paths(), given.to_owned());
        }
        let (mut flags, mut sources) = (Vec::new(), Vec::new());
        for paths in &self.occurrences {
            for (at, path) in paths.iter().enumerate() {
                if at == 0 || files::contains_flags(path) {
                    flags.push(path.clone());
                } else {
                    sources.push(path.clone());
                }
            }
        }
        (flags, sources)
    }
}

impl FromArgMatches for FlagPathArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<FlagPathArgs, clap::Error> {
        let occurrences = matches.get_occurrences::<PathBuf>(ID);
        let occurrences = occurrences.map(|all| all.map(|paths| paths.cloned().collect()));
        Ok(FlagPathArgs {
            occurrences: occurrences.map(Iterator::collect).unwrap_or_default(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = FlagPathArgs::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for FlagPathArgs {
    fn augment_args(command: Command) -> Command {
        command.arg(
            Arg::new(ID)
                .long(ID)
                .num_args(1..)
                .action(ArgAction::Append)
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .help("Flag files, directories or globs, or - for standard input; later ones win [default: the flags that the command's configuration file names]"),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        FlagPathArgs::augment_args(command)
    }
}
