//! The extension by its public door, between a Lambda and an X-Ray that the tests play.

mod delivery;
mod fake_lambda;
mod fake_xray;
mod hostile;
mod http;
mod lifecycle;
mod running;
