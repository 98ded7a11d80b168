//! What the broker pack makes outside, in real servers: provisioners alone, without their API.

mod mysql;
