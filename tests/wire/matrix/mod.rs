//! Whole runs of Terraform, in small, with everything going wrong that can: faults of the API, and
//! the sudden death of the provider.

mod by_crash;
mod by_fault;
mod faults;
mod lag;
mod lies;
mod page;
mod runs;
mod scenarios;
mod table;
mod verify;
