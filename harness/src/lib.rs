

pub mod oracles;
