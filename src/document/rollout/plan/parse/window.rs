//! Parses the windows of a plan.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::plan::window::AllowedWindow;
use crate::document::rollout::plan::window::DAYS;
use crate::document::schema;
use crate::document::syntax_tree::Node;

const FIELD: &str = "windows";

impl FieldParser<'_> {
    pub(super) fn parse_windows(&mut self, node: &Node) -> Vec<AllowedWindow> {
        self.report_empty_list(node, FIELD, "remove it, or add a window");
        let items = self.bounded_items(node, FIELD).iter();
        items.map(|item| self.parse_window(item)).collect()
    }

    fn parse_window(&mut self, node: &Node) -> AllowedWindow {
        let help = "write it as an object: `{ days: [mon, tue], from: \"09:00\", to: \"16:00\", offset: \"+01:00\" }`";
        let mut window = AllowedWindow {
            days: [true; 7],
            from_minute: 0,
            to_minute: 1440,
            offset_minutes: 0,
        };
        for member in self.parse_known_members(node, FIELD, &schema::WINDOW, help) {
            let value = &member.value;
            match &*member.key {
                "days" => window.days = self.parse_days(value),
                "from" => window.from_minute = self.parse_minute(value, "from").unwrap_or(0),
                "to" => window.to_minute = self.parse_minute(value, "to").unwrap_or(1440),
                "offset" => window.offset_minutes = self.parse_offset(value).unwrap_or(0),
                _ => {}
            }
        }
        if window.from_minute >= window.to_minute {
            let help =
                "write two windows for hours across midnight: one up to 24:00, one from 00:00";
            let what = "has a `from` that is not before `to`";
            self.report_invalid(node.position, FIELD, what, help);
        }
        window
    }

    fn parse_days(&mut self, node: &Node) -> [bool; 7] {
        let mut days = [false; 7];
        for item in node.items_or_self() {
            let known = DAYS.map(|name| (name, name));
            let name = self.parse_choice(item, "windows.days", &known);
            for (day, known) in days.iter_mut().zip(DAYS) {
                *day |= name == Some(known);
            }
        }
        if node.items_or_self().is_empty() {
            let help = "remove it for every day, or list days: `[mon, tue, wed, thu]`";
            self.report_invalid(node.position, "windows.days", "names no day", help);
        }
        days
    }

    /// The minute of the day of `09:30`.
    fn parse_minute(&mut self, node: &Node, field: &str) -> Option<u32> {
        let text = self.parse_string(node, field)?;
        let minute = clock_minutes(&text).filter(|minute| *minute <= 1440);
        if minute.is_none() {
            let what = format!("is `{text}`, which is not a time of day");
            let help = "write hours and minutes in quotes: `\"09:30\"`";
            self.report_invalid(node.position, field, what, help);
        }
        minute
    }

    /// The minutes of `+02:00`.
    fn parse_offset(&mut self, node: &Node) -> Option<i32> {
        let text = self.parse_string(node, "offset")?;
        let offset = offset_minutes(&text);
        if offset.is_none() {
            let what = format!("is `{text}`, which is not an offset from UTC");
            let help = "write `\"+01:00\"`, for instance; names of zones are not supported";
            self.report_invalid(node.position, "offset", what, help);
        }
        offset
    }
}

fn clock_minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let is_two_digits =
        |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_two_digits(hours) || !is_two_digits(minutes) {
        return None;
    }
    let minutes: u32 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    Some(hours.parse::<u32>().ok()? * 60 + minutes)
}

fn offset_minutes(text: &str) -> Option<i32> {
    let (sign, clock) = match text.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return (text == "Z").then_some(0),
    };
    let minutes = clock_minutes(clock).filter(|minutes| *minutes <= 14 * 60)?;
    Some(sign * i32::try_from(minutes).ok()?)
}
