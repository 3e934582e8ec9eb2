//! Small complete runs of Terraform with every supported fault: faults of the API, and a killed
//! provider.

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
