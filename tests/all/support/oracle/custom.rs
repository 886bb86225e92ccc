//! Text operators, and flagd's `starts_with`, `ends_with` and `sem_ver`.

use crate::support::oracle::Outcome;
use crate::support::oracle::RuleFailure;
use crate::support::oracle::Term;
use crate::support::oracle::go_number;
use crate::support::oracle::semver;

/// More than one part: the result is trimmed.
pub fn cat(arguments: Term) -> Outcome {
    let parts = match arguments {
        Term::Text(text) => return Ok(Term::Text(text)),
        other => other.into_list()?,
    };
    let texts: Result<Vec<String>, _> = parts.iter().map(Term::to_text).collect();
    let texts = texts?;
    Ok(Term::Text(match &*texts {
        [only] => only.clone(),
        many => many.concat().trim().to_owned(),
    }))
}

pub fn substr(arguments: Term) -> Outcome {
    let arguments = arguments.into_list()?;
    let text = arguments.first().ok_or(RuleFailure)?.to_text()?;
    let characters: Vec<char> = text.chars().collect();
    let count = i64::try_from(characters.len()).map_err(|_| RuleFailure)?;
    let mut from = go_number::to_int(arguments.get(1).ok_or(RuleFailure)?.to_number()?);
    if from < 0 {
        from = from.wrapping_add(count);
    }
    if from < 0 || from > count {
        return Ok(Term::Text(text));
    }
    let length = match &*arguments {
        [_, _, length] => go_number::to_int(length.to_number()?),
        _ => count,
    };
    let to = if length < 0 {
        count.wrapping_add(length)
    } else {
        from.wrapping_add(length)
    };
    let to = to.min(count);
    if to < from {
        return Err(RuleFailure);
    }
    let range = usize::try_from(from).map_err(|_| RuleFailure)?
        ..usize::try_from(to).map_err(|_| RuleFailure)?;
    Ok(Term::Text(characters[range].iter().collect()))
}

pub fn affix(operator: &str, arguments: Term) -> Term {
    let Term::List(arguments) = arguments else {
        return Term::Null;
    };
    match &*arguments {
        [Term::Text(text), Term::Text(prefix)] if operator == "starts_with" => {
            Term::Bool(text.starts_with(&**prefix))
        }
        [Term::Text(text), Term::Text(suffix)] => Term::Bool(text.ends_with(&**suffix)),
        _ => Term::Null,
    }
}

pub fn sem_ver(arguments: Term) -> Term {
    let Term::List(arguments) = arguments else {
        return Term::Null;
    };
    let [version, Term::Text(operator), target] = &*arguments else {
        return Term::Null;
    };
    let compared = parse_version(version)
        .zip(parse_version(target))
        .and_then(|(version, target)| semver::compare(&version, operator, &target));
    compared.map_or(Term::Null, Term::Bool)
}

fn parse_version(term: &Term) -> Option<semver::SemanticVersion> {
    match term {
        Term::Text(text) => semver::parse(text),
        Term::Number(n) => semver::parse(&go_number::format_verb_v(*n)),
        _ => None,
    }
}
