//! Options of `fanion start`: their table, their kinds and origins, and the resolver that reads them from the command
//! line, the environment and the configuration file.

pub mod error;
pub mod origin;
pub mod resolver;
pub mod spec;
pub mod table;
pub mod text_conversion;
