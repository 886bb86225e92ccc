//! Colour of text output: `--color`, `NO_COLOR`, `CLICOLOR_FORCE`, and whether the output is a terminal.

/// The values of `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorMode {
    /// On terminals, unless the environment sets `NO_COLOR`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The colours of an output: escape sequences, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Palette {
    /// True if the output has colours.
    pub enabled: bool,
}

impl Palette {
    /// The colours of an output. `NO_COLOR` (<https://no-color.org>) takes precedence over `CLICOLOR_FORCE`
    /// (<https://bixense.com/clicolors>); a variable that is empty or `0` is unset, except that `NO_COLOR` may be `0`.
    pub fn new(
        mode: ColorMode,
        is_terminal: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Palette {
        let value = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_on = |name: &str| value(name).is_some_and(|value| value != "0");
        let is_dumb = value("TERM").is_some_and(|value| value == "dumb");
        let enabled = match mode {
            ColorMode::Always => true,
            ColorMode::Never => false,
            ColorMode::Auto if value("NO_COLOR").is_some() => false,
            ColorMode::Auto => is_on("CLICOLOR_FORCE") || (is_terminal && !is_dumb),
        };
        Palette { enabled }
    }

    /// Red, for errors.
    pub fn error(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Yellow, for warnings.
    pub fn warning(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    /// Cyan, for help and notes.
    pub fn help(self, text: &str) -> String {
        self.paint("36", text)
    }

    /// Bold, for positions.
    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, style: &str, text: &str) -> String {
        if self.enabled {
            format!("\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ColorMode;
    use super::Palette;

    #[test]
    fn colour_follows_option_environment_and_terminal() {
        let none: &[(&str, &str)] = &[];
        for (mode, is_terminal, environment, want) in [
            (ColorMode::Auto, true, none, true),
            (ColorMode::Auto, false, none, false),
            (ColorMode::Always, false, none, true),
            (ColorMode::Never, true, none, false),
            (ColorMode::Auto, true, &[("NO_COLOR", "1")], false),
            (ColorMode::Auto, true, &[("NO_COLOR", "0")], false),
            (ColorMode::Auto, true, &[("NO_COLOR", "")], true),
            (ColorMode::Always, false, &[("NO_COLOR", "1")], true),
            (ColorMode::Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (ColorMode::Auto, false, &[("CLICOLOR_FORCE", "0")], false),
            (ColorMode::Never, false, &[("CLICOLOR_FORCE", "1")], false),
            (
                ColorMode::Auto,
                true,
                &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
                false,
            ),
            (ColorMode::Auto, true, &[("TERM", "dumb")], false),
        ] {
            let variable = |name: &str| {
                let found = environment.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let palette = Palette::new(mode, is_terminal, variable);
            assert_eq!(
                palette.enabled, want,
                "{mode:?} {is_terminal} {environment:?}"
            );
        }
    }
}
