//! The store against a real Postgres: one cluster per run, a database per test.

mod accounts;
mod archive;
mod cluster;
mod connection;
mod episodes;
mod fixture;
mod leases;
mod link;
mod models;
mod notices;
mod pace;
mod play;
mod products;
mod research;
mod studies;
mod training;
