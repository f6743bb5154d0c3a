# Compiles what each page of the helpdesk needs once, in the parent of Apache's children, instead of in every child:
# mod_perl's own way (PerlPostConfigRequire). The helpdesk's configuration is not among it.
use strict;
use warnings;

use Apache2::ServerUtil ();

# Apache reads its configuration twice before it serves.
return 1 if Apache2::ServerUtil::restart_count() < 2;

for my $Name (
    qw(
    Output/HTML/Layout Output/HTML/Layout/LinkObject Output/HTML/Layout/Template Output/HTML/NavBar/AdminFavourites
    System/Auth/DB System/AuthSession/DB System/Cache/FileStorable System/CheckItem System/CustomerUser/DB
    System/Daemon/SchedulerDB System/EmailParser System/Group System/HTMLUtils System/JSON System/Loader
    System/Log/SysLog System/Main System/ObjectManager System/Package System/SysConfig/DB System/Ticket System/User
    System/Web/InterfaceAgent System/XML System/YAML
    )
    )
{
    # Not every release has all of them.
    eval { require "Kernel/$Name.pm" };
}

1;
