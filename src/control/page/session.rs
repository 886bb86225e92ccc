//! Sessions: the form that begins one, the table, and the forms that are sent in one.

pub mod access;
pub mod form;
pub mod sign_in;
pub mod signed_in;
pub mod table;
