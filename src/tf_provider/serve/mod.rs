//! Process, handshake, transport.
