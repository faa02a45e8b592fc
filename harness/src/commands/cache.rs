//! `goabi cache`.

use super::{CommandError, Common};
use crate::cli::CacheCommand;
use crate::{exit, setup};

fn mebibytes(bytes: u64) -> String {
    format!("{}.{} MiB", bytes >> 20, (bytes & 0xf_ffff) * 10 / (1 << 20))
}

pub(super) fn run(common: &Common, command: CacheCommand) -> Result<u8, CommandError> {
    let cache = setup::provision(common.cache.clone(), true, &common.cancel)?.cache;
    match command {
        CacheCommand::Size => {
            for (part, bytes) in cache.sizes() {
                println!("{:>14}  {part}", mebibytes(bytes));
            }
            println!("{:>14}  in all, in {}", mebibytes(cache.size()?), cache.root().display());
        }
        CacheCommand::Clean { all } => {
            let freed = if all { cache.clean_all()? } else { cache.clean()? };
            println!("{} freed", mebibytes(freed));
        }
    }
    Ok(exit::OK)
}
