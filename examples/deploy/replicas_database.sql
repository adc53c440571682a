-- Makes Postern's role and database, at the first start of the database of
-- docker-compose.replicas.yml. Postern makes its schema itself.
\set password `cat /run/secrets/database_password`
create role postern login password :'password';
create database postern owner postern encoding 'UTF8' template template0;
revoke connect on database postern from public;
