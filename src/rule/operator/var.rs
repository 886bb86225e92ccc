//! `var`: evaluates a read of the context, or of the item of a list operation.

use crate::rule::ast::ContextLookup;
use crate::rule::ast::Var;
use crate::rule::ast::VarTarget;
use crate::rule::eval::eval;
use crate::rule::operator::missing::lookup_by_value;
use crate::rule::operator::missing::scalar_or_null;
use crate::rule::operator::missing::scope_data_value;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::rule::scope::ScopeData;
use crate::rule::scope::ScopeFrame;
use crate::value::Value;

/// The value that `var` reads.
pub fn eval_var<'a>(var: &'a Var, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    if !var.innermost_only {
        let outer = eval_in_outer_frames(var, scope.frames, scope)?;
        if !outer.is_null() {
            return Ok(outer);
        }
    }
    eval_in_data(var, scope.data, scope)
}

/// The value that enclosing list operations have substituted for `var`, otherwise null.
pub fn eval_in_outer_frames<'a>(
    var: &'a Var,
    frame: Option<&ScopeFrame<'_, 'a>>,
    scope: &Scope<'_, 'a>,
) -> EvalResult<'a> {
    let Some(frame) = frame else {
        return Ok(Value::Null);
    };
    let older = eval_in_outer_frames(var, frame.outer, scope)?;
    if older.is_null() {
        eval_in_data(var, frame.data, scope)
    } else {
        Ok(older)
    }
}

fn eval_in_data<'a>(var: &'a Var, data: ScopeData<'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    scope.spend_steps(var.cost as usize)?;
    let scope = Scope {
        data,
        frames: None,
        ..*scope
    };
    let found = match (&var.target, data) {
        (VarTarget::Computed(name), _) => {
            return lookup_by_value(eval(name, &scope)?, scope_data_value(&scope), &scope);
        }
        (VarTarget::ScalarData, _) => scalar_or_null(scope_data_value(&scope)),
        (VarTarget::WholeData, _) => scope_data_value(&scope),
        (VarTarget::Path(_, ContextLookup::Slot(slot)), ScopeData::Context) => {
            scope.context.slot(*slot)
        }
        (VarTarget::Path(_, ContextLookup::Constant(rule)), ScopeData::Context) => {
            eval(rule, &scope)?
        }
        (VarTarget::Path(path, _), ScopeData::Item(item)) => path
            .iter()
            .try_fold(item, |value, part| scope.lookup_path_segment(value, part))?,
    };
    // The default is evaluated even if it is not used, because its errors fail the read.
    let default = var.default.as_ref().map(|rule| eval(rule, &scope));
    match default {
        Some(default) if found.is_null() => default,
        Some(default) => default.map(|_| found),
        None => Ok(found),
    }
}
