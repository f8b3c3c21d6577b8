//! The same questions through a pool of deadpool-postgres, to compare with.

use deadpool_postgres::{Manager, ManagerConfig, Pool as Deadpool, PoolError, RecyclingMethod};
use tokio_postgres::Row;

use super::{
    pipeline::{GET, LIST, Question},
    settings::Settings,
};

// [database]
/// A pool of deadpool-postgres with cached statements and nothing else: no time is limited, and a connection that
/// fails is given to others.
///
/// This is what the pipelined connections are compared with. It does not meet what is asked of them.
#[derive(Debug)]
pub(super) struct Pool(Deadpool);

impl Pool {
    /// A pool of at most `size` connections, each opened when it is first needed.
    pub(super) fn new(settings: &Settings, size: usize) -> Self {
        let (config, tls) = settings.parts();
        let config = Manager::from_config(
            config,
            tls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Deadpool::builder(config).max_size(size).build();
        Self(pool.expect("only a pool with timeouts can fail to be made"))
    }

    /// The rows that answer a question.
    pub(super) async fn ask(&self, question: Question<'_>) -> Result<Vec<Row>, PoolError> {
        let client = self.0.get().await?;
        Ok(match question {
            Question::Get(lang) => {
                let statement = client.prepare_cached(GET).await?;
                client.query(&statement, &[&lang]).await?
            }
            Question::List => {
                let statement = client.prepare_cached(LIST).await?;
                client.query(&statement, &[]).await?
            }
        })
    }
}
// [/database]
