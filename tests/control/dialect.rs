//! Documents of other flag services: validation, conversion, evaluation and views.

mod arbitrary;
mod bucket_vectors;
mod definition_service;
mod engine;
mod flag_service;
mod remote_rollout;
mod view;
